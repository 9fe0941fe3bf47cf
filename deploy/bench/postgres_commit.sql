-- One order of one unit: taken if it is there, and recorded in the same transaction.
\set sku random(1, :skus)
WITH taken AS (
    UPDATE onhand_bench_stock SET available = available - 1
    WHERE sku = :sku AND available >= 1
    RETURNING sku
)
INSERT INTO onhand_bench_journal (id, sku, quantity)
SELECT gen_random_uuid(), sku, 1 FROM taken;
