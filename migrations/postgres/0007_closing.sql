-- Timing companies that are served no longer. Their rows are kept.
alter table timing_partners add column closed_at bigint;   -- null while it is served
