-- The tables that `onhand bench --postgres` measures: stock by SKU and one journal row per order.
DROP TABLE IF EXISTS onhand_bench_journal;
DROP TABLE IF EXISTS onhand_bench_stock;
CREATE TABLE onhand_bench_stock (
    sku bigint PRIMARY KEY,
    available bigint NOT NULL CHECK (available >= 0)
) WITH (fillfactor = 50);
CREATE TABLE onhand_bench_journal (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The idempotency key.
    id uuid NOT NULL UNIQUE,
    sku bigint NOT NULL,
    quantity bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO onhand_bench_stock SELECT it, 1000000000 FROM generate_series(1, :skus) AS it;
