"""What is read past the protocol's parser is what that would have read."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from csms.station_socket import whole_text


def parsed(data: bytes) -> list[Frame]:
    protocol = ServerProtocol(state=OPEN)
    protocol.receive_data(data)
    return [event for event in protocol.events_received() if isinstance(event, Frame)]


@pytest.mark.step("O21")
@given(text=st.text(max_size=400), times=st.integers(1, 700), cut=st.integers(0, 2))
@example(text="x", times=126, cut=0)
@example(text="x", times=254, cut=0)
@example(text="x", times=65_536, cut=0)
@example(text="", times=1, cut=0)
def test_a_whole_text_is_read_as_the_parser_reads_it_and_a_part_is_left_to_it(text: str, times: int, cut: int) -> None:
    told = (text * times).encode()
    data = Frame(Opcode.TEXT, told).serialize(mask=True)
    data = data[: len(data) - cut]
    read = whole_text(data)
    if read is not None:
        assert [bytes(frame.data) for frame in parsed(data)] == [bytes(read)] == [told]
    assert (read is None) == (cut > 0 or len(told) > 65_535)


@given(
    data=st.binary(max_size=300)
    | st.tuples(st.integers(0, 255), st.binary(max_size=300)).map(lambda each: bytes((0x81, each[0])) + each[1])
)
def test_whatever_else_comes_is_never_taken_for_a_text_that_the_parser_does_not_see(data: bytes) -> None:
    read = whole_text(data)
    if read is not None:
        (frame,) = parsed(data)
        assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.TEXT, True, bytes(read))


def test_other_frames_are_left_to_the_parser() -> None:
    for opcode in (Opcode.BINARY, Opcode.PING, Opcode.CLOSE):
        assert whole_text(Frame(opcode, b"\x03\xe8").serialize(mask=True)) is None
    assert whole_text(Frame(Opcode.TEXT, b"x", fin=False).serialize(mask=True)) is None
    assert whole_text(Frame(Opcode.TEXT, b"x").serialize(mask=False)) is None
    assert whole_text(bytes((0x81, 0xFF)) + bytes(131)) is None
    two = Frame(Opcode.TEXT, b"x").serialize(mask=True) * 2
    assert whole_text(two) is None
