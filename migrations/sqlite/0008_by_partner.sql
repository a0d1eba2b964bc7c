-- What is listed by id within a partner is found without passing over other partners' rows: what they have must neither delay an
-- answer nor be guessed from how long it took.
create index timing_sessions_by_partner on timing_sessions (partner_id, id);
create index timing_locations_by_partner on timing_locations (partner_id, timing_session_id);
create index display_session_bindings_by_partner on display_session_bindings (partner_id, display_session_id);
