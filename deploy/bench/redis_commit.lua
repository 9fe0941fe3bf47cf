-- One order of one unit: taken if it is there, and recorded in the same step.
-- KEYS: the item's stock, the journal. ARGV: units at the beginning.
local left = tonumber(redis.call('GET', KEYS[1]) or ARGV[1])
if left < 1 then
    return redis.error_reply('insufficient_stock')
end
redis.call('SET', KEYS[1], left - 1)
return redis.call('XADD', KEYS[2], '*', 'item', KEYS[1], 'quantity', 1)
