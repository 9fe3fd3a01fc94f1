"""the main road"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


SEQUENCES = ("placement_number", "work_order_number", "asset_number")


def upgrade() -> None:
    for name in SEQUENCES:
        op.execute(sa.schema.CreateSequence(sa.Sequence(name)))
    op.execute(sa.schema.CreateSequence(sa.Sequence("transaction_number", maxvalue=2**31 - 1)))
    op.create_table(
        "id_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("test", "card", name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_id_token")),
        sa.UniqueConstraint("token", name=op.f("uq_id_token_token")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "operator",
                "requester",
                "installer",
                "service_partner",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("name", name=op.f("uq_organisation_name")),
    )
    op.create_table(
        "process",
        sa.Column("workflow_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("applied_number", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("workflow_id", name=op.f("pk_process")),
    )
    op.create_index(op.f("ix_process_kind"), "process", ["kind"], unique=False)
    op.create_index(op.f("ix_process_subject_id"), "process", ["subject_id"], unique=False)
    op.create_table(
        "product",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("product_type", sa.Text(), nullable=False),
        sa.Column("connectors", sa.Integer(), nullable=False),
        sa.Column("max_power_w", sa.Integer(), nullable=False),
        sa.Column("configuration", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("brand", "model", name=op.f("uq_product_brand_model")),
        sa.UniqueConstraint("code", name=op.f("uq_product_code")),
    )
    op.create_table(
        "step_result",
        sa.Column("workflow_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Text(), nullable=False),
        sa.Column("result", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("workflow_id", "step", "occurrence", name=op.f("pk_step_result")),
    )
    op.create_table(
        "timeline_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("placement_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline_entry")),
    )
    op.create_index(op.f("ix_timeline_entry_placement_id"), "timeline_entry", ["placement_id"], unique=False)
    op.create_index(op.f("ix_timeline_entry_subject_id"), "timeline_entry", ["subject_id"], unique=False)
    op.create_table(
        "endpoint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum("webhook", "mail", name="channel", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("only_when_named", sa.Boolean(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_endpoint_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoint")),
        sa.UniqueConstraint(
            "organisation_id", "channel", "address", name=op.f("uq_endpoint_organisation_id_channel_address")
        ),
    )
    op.create_index(op.f("ix_endpoint_organisation_id"), "endpoint", ["organisation_id"], unique=False)
    op.create_table(
        "handover",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workflow_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("start", "signal", name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["workflow_id"], ["process.workflow_id"], name=op.f("fk_handover_workflow_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
        sa.UniqueConstraint("workflow_id", "number", name=op.f("uq_handover_workflow_id_number")),
    )
    op.create_index(
        "ix_handover_open",
        "handover",
        ["workflow_id", "number"],
        unique=False,
        postgresql_where=sa.text("delivered_at IS NULL AND NOT late"),
    )
    op.create_table(
        "principal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(email IS NULL) = (password_hash IS NULL)", name=op.f("ck_principal_login_is_whole")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_principal_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_principal")),
    )
    op.create_index(op.f("ix_principal_organisation_id"), "principal", ["organisation_id"], unique=False)
    op.create_index("uq_principal_email", "principal", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "sat_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("questions", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_sat_template_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sat_template")),
        sa.UniqueConstraint("product_id", "version", name=op.f("uq_sat_template_product_id_version")),
    )
    op.create_table(
        "tender",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("requester_id", sa.Uuid(), nullable=False),
        sa.Column("installer_id", sa.Uuid(), nullable=False),
        sa.Column("service_partner_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["installer_id"], ["organisation.id"], name=op.f("fk_tender_installer_id")),
        sa.ForeignKeyConstraint(["requester_id"], ["organisation.id"], name=op.f("fk_tender_requester_id")),
        sa.ForeignKeyConstraint(["service_partner_id"], ["organisation.id"], name=op.f("fk_tender_service_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tender")),
        sa.UniqueConstraint("code", name=op.f("uq_tender_code")),
    )
    op.create_index(op.f("ix_tender_installer_id"), "tender", ["installer_id"], unique=False)
    op.create_index(op.f("ix_tender_requester_id"), "tender", ["requester_id"], unique=False)
    op.create_table(
        "unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hardware_id", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("firmware", sa.Text(), nullable=False),
        sa.Column("ocpp_identity", sa.Text(), nullable=False),
        sa.Column("factory_key_hash", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=True),
        sa.Column("proposed_key_hashes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("key_refusal", sa.Text(), nullable=True),
        sa.Column("factory_key_closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "in_stock",
                "handed_over",
                "installed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("holder_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["holder_id"], ["organisation.id"], name=op.f("fk_unit_holder_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_unit_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("hardware_id", name=op.f("uq_unit_hardware_id")),
        sa.UniqueConstraint("ocpp_identity", name=op.f("uq_unit_ocpp_identity")),
        sa.UniqueConstraint("serial", name=op.f("uq_unit_serial")),
    )
    op.create_index(op.f("ix_unit_holder_id"), "unit", ["holder_id"], unique=False)
    op.create_index(op.f("ix_unit_product_id"), "unit", ["product_id"], unique=False)
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["principal_id"], ["principal.id"], name=op.f("fk_api_key_principal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_key_secret_hash")),
    )
    op.create_index(op.f("ix_api_key_principal_id"), "api_key", ["principal_id"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["principal_id"], ["principal.id"], name=op.f("fk_idempotency_key_principal_id")),
        sa.PrimaryKeyConstraint("principal_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "login_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["principal_id"], ["principal.id"], name=op.f("fk_login_session_principal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_login_session_secret_hash")),
    )
    op.create_index(op.f("ix_login_session_principal_id"), "login_session", ["principal_id"], unique=False)
    op.create_table(
        "placement_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("requester_id", sa.Uuid(), nullable=False),
        sa.Column("requester_reference", sa.Text(), nullable=True),
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("stations", sa.Integer(), nullable=False),
        sa.Column("contact_name", sa.Text(), nullable=False),
        sa.Column("contact_email", sa.Text(), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column(
            "stage",
            sa.Enum(
                "submitted",
                "grid_requested",
                "grid_approved",
                "preparation_scheduled",
                "pending_grid_installation",
                "location_rejected",
                "in_installation",
                "sat_review",
                "accepted",
                "operating",
                "rejected",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("rejection_reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["requester_id"], ["organisation.id"], name=op.f("fk_placement_request_requester_id")),
        sa.ForeignKeyConstraint(["tender_id"], ["tender.id"], name=op.f("fk_placement_request_tender_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placement_request")),
        sa.UniqueConstraint("reference", name=op.f("uq_placement_request_reference")),
    )
    op.create_index(op.f("ix_placement_request_requester_id"), "placement_request", ["requester_id"], unique=False)
    op.create_index(op.f("ix_placement_request_stage"), "placement_request", ["stage"], unique=False)
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "review_placement",
                "propose_location",
                "perform_work_order",
                "review_sat",
                "correct_sat",
                "activate_station",
                "unexpected_fact",
                "handover_stuck",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "role",
            sa.Enum(
                "requester",
                "operations",
                "administration",
                "installer",
                "warehouse",
                "service_partner",
                "engineer",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "done", name="state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["claimed_by"], ["principal.id"], name=op.f("fk_task_claimed_by")),
        sa.ForeignKeyConstraint(["done_by"], ["principal.id"], name=op.f("fk_task_done_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_task_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(op.f("ix_task_due_at"), "task", ["due_at"], unique=False)
    op.create_index(op.f("ix_task_organisation_id"), "task", ["organisation_id"], unique=False)
    op.create_index(
        "uq_task_open", "task", ["kind", "subject_id"], unique=True, postgresql_where=sa.text("state = 'open'")
    )
    op.create_table(
        "tender_product",
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_tender_product_product_id")),
        sa.ForeignKeyConstraint(["tender_id"], ["tender.id"], name=op.f("fk_tender_product_tender_id")),
        sa.PrimaryKeyConstraint("tender_id", "product_id", name=op.f("pk_tender_product")),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("placement_id", sa.Uuid(), nullable=False),
        sa.Column("work_order_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("for_requester", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["principal.id"], name=op.f("fk_document_created_by")),
        sa.ForeignKeyConstraint(["placement_id"], ["placement_request.id"], name=op.f("fk_document_placement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("key", name=op.f("uq_document_key")),
    )
    op.create_index(op.f("ix_document_placement_id"), "document", ["placement_id"], unique=False)
    op.create_index(op.f("ix_document_work_order_id"), "document", ["work_order_id"], unique=False)
    op.create_table(
        "location_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("placement_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("house_number", sa.Text(), nullable=False),
        sa.Column("postal_code", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "requesting",
                "requested",
                "approved",
                "preparation_scheduled",
                "connection_scheduled",
                "installation_scheduled",
                "rejected",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("connection_request_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("scheduled_for", sa.Text(), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unreachable_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unreachable_reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["placement_id"], ["placement_request.id"], name=op.f("fk_location_attempt_placement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location_attempt")),
        sa.UniqueConstraint("connection_request_id", name=op.f("uq_location_attempt_connection_request_id")),
        sa.UniqueConstraint("placement_id", "number", name=op.f("uq_location_attempt_placement_id_number")),
    )
    op.create_index(op.f("ix_location_attempt_placement_id"), "location_attempt", ["placement_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("placement_id", sa.Uuid(), nullable=True),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting", "delivered", "given_up", name="state", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("correlation_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoint.id"], name=op.f("fk_notice_endpoint_id")),
        sa.ForeignKeyConstraint(["placement_id"], ["placement_request.id"], name=op.f("fk_notice_placement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index(op.f("ix_notice_placement_id"), "notice", ["placement_id"], unique=False)
    op.create_index(
        "ix_notice_waiting",
        "notice",
        ["endpoint_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "asset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("service_partner_id", sa.Uuid(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "stage",
            sa.Enum(
                "awaiting_hardware",
                "registered",
                "connected",
                "booted",
                "configured",
                "checked",
                "failed",
                "test_charging",
                "test_charged",
                "accepted",
                "active",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("test_number", sa.Integer(), nullable=False),
        sa.Column("boot_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("booted", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("registration", sa.Text(), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("test_token_id", sa.Uuid(), nullable=True),
        sa.Column("test_transaction_id", sa.Integer(), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["location_attempt.id"], name=op.f("fk_asset_attempt_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_asset_product_id")),
        sa.ForeignKeyConstraint(["service_partner_id"], ["organisation.id"], name=op.f("fk_asset_service_partner_id")),
        sa.ForeignKeyConstraint(["test_token_id"], ["id_token.id"], name=op.f("fk_asset_test_token_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_asset_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset")),
        sa.UniqueConstraint("name", name=op.f("uq_asset_name")),
        sa.UniqueConstraint("unit_id", name=op.f("uq_asset_unit_id")),
    )
    op.create_index(op.f("ix_asset_service_partner_id"), "asset", ["service_partner_id"], unique=False)
    op.create_table(
        "grid_call",
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("scheduled_for", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["location_attempt.id"], name=op.f("fk_grid_call_attempt_id")),
        sa.PrimaryKeyConstraint("webhook_id", name=op.f("pk_grid_call")),
    )
    op.create_index(op.f("ix_grid_call_attempt_id"), "grid_call", ["attempt_id"], unique=False)
    op.create_table(
        "work_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("placement_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("installer_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "open",
                "planned",
                "in_progress",
                "sat_review",
                "accepted",
                "closed",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("planned_for", sa.Date(), nullable=True),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["location_attempt.id"], name=op.f("fk_work_order_attempt_id")),
        sa.ForeignKeyConstraint(["installer_id"], ["organisation.id"], name=op.f("fk_work_order_installer_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["organisation.id"], name=op.f("fk_work_order_owner_id")),
        sa.ForeignKeyConstraint(["placement_id"], ["placement_request.id"], name=op.f("fk_work_order_placement_id")),
        sa.ForeignKeyConstraint(["report_id"], ["document.id"], name=op.f("fk_work_order_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order")),
        sa.UniqueConstraint("placement_id", name=op.f("uq_work_order_placement_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_work_order_reference")),
    )
    op.create_index(op.f("ix_work_order_installer_id"), "work_order", ["installer_id"], unique=False)
    op.create_index(op.f("ix_work_order_owner_id"), "work_order", ["owner_id"], unique=False)
    op.create_table(
        "charging_transaction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("connector", sa.Integer(), nullable=True),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("meter_start_wh", sa.Integer(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("meter_stop_wh", sa.Integer(), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.Column("stop_token", sa.Text(), nullable=True),
        sa.Column("energy_wh", sa.Integer(), nullable=False),
        sa.Column("irregularities", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_charging_transaction_asset_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_transaction")),
        sa.UniqueConstraint("number", name=op.f("uq_charging_transaction_number")),
    )
    op.create_index(op.f("ix_charging_transaction_asset_id"), "charging_transaction", ["asset_id"], unique=False)
    op.create_index(
        "uq_charging_transaction_start",
        "charging_transaction",
        ["asset_id", "connector", "token", "started_at", "meter_start_wh"],
        unique=True,
    )
    op.create_table(
        "evse",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("connector", sa.Integer(), nullable=False),
        sa.Column("evse_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_evse_asset_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evse")),
        sa.UniqueConstraint("asset_id", "connector", name=op.f("uq_evse_asset_id_connector")),
        sa.UniqueConstraint("evse_id", name=op.f("uq_evse_evse_id")),
    )
    op.create_index(op.f("ix_evse_asset_id"), "evse", ["asset_id"], unique=False)
    op.create_table(
        "meter_reading",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("transaction_number", sa.Integer(), nullable=True),
        sa.Column("connector", sa.Integer(), nullable=True),
        sa.Column("sampled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("samples", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_meter_reading_asset_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_reading")),
    )
    op.create_index(op.f("ix_meter_reading_transaction_number"), "meter_reading", ["transaction_number"], unique=False)
    op.create_table(
        "raw_frame",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("transaction_number", sa.Integer(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("frame", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_raw_frame_asset_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raw_frame")),
    )
    op.create_index(op.f("ix_raw_frame_transaction_number"), "raw_frame", ["transaction_number"], unique=False)
    op.create_table(
        "sat",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("work_order_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "submitted",
                "returned",
                "approved",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("filled_in_by", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["approved_by"], ["principal.id"], name=op.f("fk_sat_approved_by")),
        sa.ForeignKeyConstraint(["submitted_by"], ["principal.id"], name=op.f("fk_sat_submitted_by")),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_order.id"], name=op.f("fk_sat_work_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sat")),
        sa.UniqueConstraint("work_order_id", name=op.f("uq_sat_work_order_id")),
    )
    op.create_table(
        "station_connection",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("remote_ip", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_station_connection_asset_id")),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_station_connection")),
    )
    op.create_table(
        "station_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("test_number", sa.Integer(), nullable=False),
        sa.Column("detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_station_event_asset_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_event")),
    )
    op.create_index(op.f("ix_station_event_asset_id"), "station_event", ["asset_id"], unique=False)
    op.create_table(
        "work_order_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("work_order_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("asset_id", sa.Uuid(), nullable=True),
        sa.Column("sat_template_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_work_order_line_asset_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_work_order_line_product_id")),
        sa.ForeignKeyConstraint(
            ["sat_template_id"], ["sat_template.id"], name=op.f("fk_work_order_line_sat_template_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_work_order_line_unit_id")),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_order.id"], name=op.f("fk_work_order_line_work_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_line")),
        sa.UniqueConstraint("asset_id", name=op.f("uq_work_order_line_asset_id")),
        sa.UniqueConstraint("unit_id", name=op.f("uq_work_order_line_unit_id")),
        sa.UniqueConstraint("work_order_id", "number", name=op.f("uq_work_order_line_work_order_id_number")),
    )
    op.create_index(op.f("ix_work_order_line_work_order_id"), "work_order_line", ["work_order_id"], unique=False)
    op.create_table(
        "sat_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sat_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.Column("question_code", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["answered_by"], ["principal.id"], name=op.f("fk_sat_answer_answered_by")),
        sa.ForeignKeyConstraint(["line_id"], ["work_order_line.id"], name=op.f("fk_sat_answer_line_id")),
        sa.ForeignKeyConstraint(["sat_id"], ["sat.id"], name=op.f("fk_sat_answer_sat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sat_answer")),
    )
    op.create_index(op.f("ix_sat_answer_sat_id"), "sat_answer", ["sat_id"], unique=False)
    op.create_index(
        "uq_sat_answer_place",
        "sat_answer",
        ["sat_id", "question_code", "line_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "sat_remark",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sat_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.Column("question_code", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("rejected_value", sa.Text(), nullable=True),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_value", sa.Text(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["principal.id"], name=op.f("fk_sat_remark_by")),
        sa.ForeignKeyConstraint(["line_id"], ["work_order_line.id"], name=op.f("fk_sat_remark_line_id")),
        sa.ForeignKeyConstraint(["sat_id"], ["sat.id"], name=op.f("fk_sat_remark_sat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sat_remark")),
    )
    op.create_index(op.f("ix_sat_remark_sat_id"), "sat_remark", ["sat_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_sat_remark_sat_id"), table_name="sat_remark")
    op.drop_table("sat_remark")
    op.drop_index("uq_sat_answer_place", table_name="sat_answer", postgresql_nulls_not_distinct=True)
    op.drop_index(op.f("ix_sat_answer_sat_id"), table_name="sat_answer")
    op.drop_table("sat_answer")
    op.drop_index(op.f("ix_work_order_line_work_order_id"), table_name="work_order_line")
    op.drop_table("work_order_line")
    op.drop_index(op.f("ix_station_event_asset_id"), table_name="station_event")
    op.drop_table("station_event")
    op.drop_table("station_connection")
    op.drop_table("sat")
    op.drop_index(op.f("ix_raw_frame_transaction_number"), table_name="raw_frame")
    op.drop_table("raw_frame")
    op.drop_index(op.f("ix_meter_reading_transaction_number"), table_name="meter_reading")
    op.drop_table("meter_reading")
    op.drop_index(op.f("ix_evse_asset_id"), table_name="evse")
    op.drop_table("evse")
    op.drop_index("uq_charging_transaction_start", table_name="charging_transaction")
    op.drop_index(op.f("ix_charging_transaction_asset_id"), table_name="charging_transaction")
    op.drop_table("charging_transaction")
    op.drop_index(op.f("ix_work_order_owner_id"), table_name="work_order")
    op.drop_index(op.f("ix_work_order_installer_id"), table_name="work_order")
    op.drop_table("work_order")
    op.drop_index(op.f("ix_grid_call_attempt_id"), table_name="grid_call")
    op.drop_table("grid_call")
    op.drop_index(op.f("ix_asset_service_partner_id"), table_name="asset")
    op.drop_table("asset")
    op.drop_index("ix_notice_waiting", table_name="notice", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index(op.f("ix_notice_placement_id"), table_name="notice")
    op.drop_table("notice")
    op.drop_index(op.f("ix_location_attempt_placement_id"), table_name="location_attempt")
    op.drop_table("location_attempt")
    op.drop_index(op.f("ix_document_work_order_id"), table_name="document")
    op.drop_index(op.f("ix_document_placement_id"), table_name="document")
    op.drop_table("document")
    op.drop_table("tender_product")
    op.drop_index("uq_task_open", table_name="task", postgresql_where=sa.text("state = 'open'"))
    op.drop_index(op.f("ix_task_organisation_id"), table_name="task")
    op.drop_index(op.f("ix_task_due_at"), table_name="task")
    op.drop_table("task")
    op.drop_index(op.f("ix_placement_request_stage"), table_name="placement_request")
    op.drop_index(op.f("ix_placement_request_requester_id"), table_name="placement_request")
    op.drop_table("placement_request")
    op.drop_index(op.f("ix_login_session_principal_id"), table_name="login_session")
    op.drop_table("login_session")
    op.drop_table("idempotency_key")
    op.drop_index(op.f("ix_api_key_principal_id"), table_name="api_key")
    op.drop_table("api_key")
    op.drop_index(op.f("ix_unit_product_id"), table_name="unit")
    op.drop_index(op.f("ix_unit_holder_id"), table_name="unit")
    op.drop_table("unit")
    op.drop_index(op.f("ix_tender_requester_id"), table_name="tender")
    op.drop_index(op.f("ix_tender_installer_id"), table_name="tender")
    op.drop_table("tender")
    op.drop_table("sat_template")
    op.drop_index("uq_principal_email", table_name="principal")
    op.drop_index(op.f("ix_principal_organisation_id"), table_name="principal")
    op.drop_table("principal")
    op.drop_index(
        "ix_handover_open", table_name="handover", postgresql_where=sa.text("delivered_at IS NULL AND NOT late")
    )
    op.drop_table("handover")
    op.drop_index(op.f("ix_endpoint_organisation_id"), table_name="endpoint")
    op.drop_table("endpoint")
    op.drop_index(op.f("ix_timeline_entry_subject_id"), table_name="timeline_entry")
    op.drop_index(op.f("ix_timeline_entry_placement_id"), table_name="timeline_entry")
    op.drop_table("timeline_entry")
    op.drop_table("step_result")
    op.drop_table("product")
    op.drop_index(op.f("ix_process_subject_id"), table_name="process")
    op.drop_index(op.f("ix_process_kind"), table_name="process")
    op.drop_table("process")
    op.drop_table("organisation")
    op.drop_table("id_token")
    for name in (*SEQUENCES, "transaction_number"):
        op.execute(sa.schema.DropSequence(sa.Sequence(name)))
