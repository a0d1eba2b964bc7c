-- How long a partner's raw reads are kept, and the timing sessions that are kept for good.

alter table timing_partners add column keep_reads_days bigint not null default 30;
alter table timing_sessions add column pinned_at bigint;   -- not null: its reads stay, whatever their age
