-- A partner's lines in the order of their age, so that whoever lets go of old ones looks at nobody else's.
create index timing_lines_by_partner on timing_lines (partner_id, id);

-- Where the hardware's clock was when the stream was opened last, as an IANA name. By it reads are dated again; null: nobody knows.
alter table timing_streams add column zone text;
