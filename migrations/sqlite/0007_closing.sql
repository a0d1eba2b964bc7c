-- Timing companies that are served no longer. Their rows are kept.
alter table timing_partners add column closed_at integer;   -- null while it is served
