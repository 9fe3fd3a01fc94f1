// A station made of npm's ocpp-rpc in strict mode: it checks every message of either side against the standard's schemas.
// Its orders are in the environment; what it sees goes out as lines of JSON. It charges when it is told to from afar.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { RPCClient, createRPCError, createValidator } from 'ocpp-rpc';

const { ENDPOINT, IDENTITY, PASSWORD, PROTOCOL, SERIAL } = process.env;
const tell = (what, detail = {}) => process.stdout.write(`${JSON.stringify({ what, ...detail })}\n`);
const now = () => new Date().toISOString();

// ocpp-rpc 2.2.1 looks for the schemas of 2.1 by names that they do not have ("urn:Heartbeat.req" for
// "urn:HeartbeatRequest"): they are given to it by the names that it wants.
const schemas = JSON.parse(readFileSync(new URL('./node_modules/ocpp-rpc/lib/schemas/ocpp2_1.json', import.meta.url)));
const wanted = (id) => id.replace(/Request$/, '.req').replace(/Response$/, '.conf');
const validator = createValidator('ocpp2.1', schemas.map((schema) => ({ ...schema, $id: wanted(schema.$id) })));

const client = new RPCClient({
  endpoint: ENDPOINT, identity: IDENTITY, password: PASSWORD, protocols: [PROTOCOL], strictMode: true, reconnect: false,
  strictModeValidators: PROTOCOL === 'ocpp2.1' ? [validator] : [],
});
client.on('strictValidationFailure', ({ error }) => tell('violation', { error: String(error) }));
client.on('close', ({ code, reason }) => { tell('closed', { code, reason: String(reason) }); process.exit(0); });

const first = {
  boot: () => client.call('BootNotification', {
    chargePointVendor: 'ocpp-rpc', chargePointModel: 'strict', chargePointSerialNumber: SERIAL, firmwareVersion: '2.2.1',
  }),
  status: (status) => client.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status, timestamp: now() }),
  charge: async (token) => {
    const { idTagInfo } = await client.call('Authorize', { idTag: token });
    const { transactionId } = await client.call('StartTransaction', {
      connectorId: 1, idTag: token, meterStart: 1000, timestamp: now(),
    });
    await client.call('MeterValues', {
      connectorId: 1, transactionId, meterValue: [{ timestamp: now(), sampledValue: [{ value: '1500', unit: 'Wh' }] }],
    });
    tell('charging', { transaction: transactionId, status: idTagInfo.status });
  },
  stop: async (transactionId) => {
    await client.call('StopTransaction', { transactionId, meterStop: 2000, timestamp: now(), reason: 'Remote' });
    tell('stopped', { transaction: transactionId });
  },
};

const second = {
  boot: () => client.call('BootNotification', {
    reason: 'PowerUp',
    chargingStation: { vendorName: 'ocpp-rpc', model: 'strict', serialNumber: SERIAL, firmwareVersion: '2.2.1' },
  }),
  status: (status) => client.call('StatusNotification', {
    evseId: 1, connectorId: 1, connectorStatus: status, timestamp: now(),
  }),
  event: (eventType, triggerReason, seqNo, transactionInfo, wh, context, more = {}) => client.call('TransactionEvent', {
    eventType, triggerReason, seqNo, transactionInfo, timestamp: now(), evse: { id: 1, connectorId: 1 },
    meterValue: [{ timestamp: now(), sampledValue: [{ value: wh, context, unitOfMeasure: { unit: 'Wh' } }] }], ...more,
  }),
  charge: async (idToken, remoteStartId) => {
    await client.call('Authorize', { idToken });
    const transactionId = randomUUID();
    const { idTokenInfo } = await second.event(
      'Started', 'RemoteStart', 0, { transactionId, remoteStartId, chargingState: 'Charging' }, 1000, 'Transaction.Begin', { idToken });
    await second.event(
      'Updated', 'MeterValuePeriodic', 1, { transactionId, chargingState: 'Charging' }, 1500, 'Sample.Periodic');
    tell('charging', { transaction: transactionId, status: idTokenInfo.status });
  },
  stop: async (transactionId) => {
    await second.event(
      'Ended', 'RemoteStop', 2, { transactionId, stoppedReason: 'Remote', chargingState: 'Idle' }, 2000, 'Transaction.End');
    tell('stopped', { transaction: transactionId });
  },
};

const station = PROTOCOL === 'ocpp1.6' ? first : second;
const afterwards = (errand) => setTimeout(() => errand().catch((error) => tell('failed', { error: String(error) })), 0);
const answers = {
  RemoteStartTransaction: ({ idTag }) => { afterwards(() => first.charge(idTag)); return { status: 'Accepted' }; },
  RemoteStopTransaction: ({ transactionId }) => {
    afterwards(() => first.stop(transactionId)); return { status: 'Accepted' };
  },
  RequestStartTransaction: ({ idToken, remoteStartId }) => {
    afterwards(() => second.charge(idToken, remoteStartId)); return { status: 'Accepted' };
  },
  RequestStopTransaction: ({ transactionId }) => {
    afterwards(() => second.stop(transactionId)); return { status: 'Accepted' };
  },
  ChangeConfiguration: () => ({ status: 'Accepted' }),
  GetConfiguration: ({ key }) => ({ configurationKey: (key ?? []).map((name) => ({ key: name, readonly: false, value: '7' })) }),
  SetVariables: ({ setVariableData }) => ({
    setVariableResult: setVariableData.map(({ component, variable }) => ({ attributeStatus: 'Accepted', component, variable })),
  }),
  GetVariables: ({ getVariableData }) => ({
    getVariableResult: getVariableData.map(({ component, variable }) => (
      { attributeStatus: 'Accepted', attributeValue: '7', component, variable })),
  }),
  Reset: () => ({ status: 'Accepted' }),
  ClearCache: () => ({ status: 'Accepted' }),
  UnlockConnector: () => ({ status: 'Unlocked' }),
  TriggerMessage: () => ({ status: 'Accepted' }),
  ChangeAvailability: () => ({ status: 'Accepted' }),
  SetChargingProfile: () => ({ status: 'Accepted' }),
  ClearChargingProfile: () => ({ status: 'Accepted' }),
  ReserveNow: () => ({ status: 'Accepted' }),
  CancelReservation: () => ({ status: 'Accepted' }),
  GetLocalListVersion: () => (PROTOCOL === 'ocpp1.6' ? { listVersion: 4 } : { versionNumber: 4 }),
  SendLocalList: () => ({ status: 'Accepted' }),
};
for (const [method, answer] of Object.entries(answers)) {
  client.handle(method, ({ params }) => { tell('asked', { method }); return answer(params); });
}
client.handle(({ method }) => { tell('asked', { method }); throw createRPCError('NotSupported'); });

await client.connect();
const { status } = await station.boot();
await client.call('Heartbeat', {});
await station.status('Available');
tell('booted', { status, protocol: client.protocol });
