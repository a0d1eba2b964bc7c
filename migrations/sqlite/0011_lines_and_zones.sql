-- A partner's lines in the order of their age, so that whoever lets go of old ones looks at nobody else's.
create index timing_lines_by_partner on timing_lines (partner_id, id);
