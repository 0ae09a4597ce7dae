#!lua name=parley_limits_1

-- The message limit: in no window of W milliseconds are more than N accepted. An exact sliding log: counts are small.
-- KEYS of each: 1 {u:NAME}:limit, a sorted set of message ids by time of acceptance

local function milliseconds()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

-- limit_take: takes a unit. ARGV: 1 message id  2 N  3 W, ms  4 not after, ms (may be left out)
-- Replies {1 taken or 0 refused, used in the window, ms until the next would pass}; {-1, Redis' time} where it is late:
-- whoever asked has given up and given back, and a unit taken now would be nobody's.
local function limit_take(keys, args)
  local ms, most, window = milliseconds(), tonumber(args[2]), tonumber(args[3])
  if args[4] and ms > tonumber(args[4]) then return { -1, ms } end
  redis.call('ZREMRANGEBYSCORE', keys[1], '-inf', string.format('%.0f', ms - window))
  local used = redis.call('ZCARD', keys[1])
  if redis.call('ZSCORE', keys[1], args[1]) then return { 1, used, 0 } end
  if used >= most then
    -- Room comes when the (used - most + 1)th oldest leaves: after a stricter policy that may not be the oldest.
    local oldest = redis.call('ZRANGE', keys[1], used - most, used - most, 'WITHSCORES')
    return { 0, used, math.max(1, (tonumber(oldest[2]) or ms) + window - ms) }
  end
  redis.call('ZADD', keys[1], string.format('%.0f', ms), args[1])
  redis.call('PEXPIRE', keys[1], args[3])
  return { 1, used + 1, 0 }
end

-- limit_return: gives a unit back. ARGV: 1 message id
local function limit_return(keys, args)
  return redis.call('ZREM', keys[1], args[1])
end

-- limit_look: what is left, taking nothing. ARGV: 1 N  2 W, ms. Replies as limit_take.
local function limit_look(keys, args)
  local ms, most, window = milliseconds(), tonumber(args[1]), tonumber(args[2])
  local from = string.format('%.0f', ms - window)
  local used = redis.call('ZCOUNT', keys[1], '(' .. from, '+inf')
  if used < most then return { 1, used, 0 } end
  local oldest = redis.call('ZRANGE', keys[1], '(' .. from, '+inf', 'BYSCORE', 'LIMIT', used - most, 1, 'WITHSCORES')
  return { 0, used, math.max(1, (tonumber(oldest[2]) or ms) + window - ms) }
end

redis.register_function('limit_take', limit_take)
redis.register_function('limit_return', limit_return)
redis.register_function{ function_name = 'limit_look', callback = limit_look, flags = { 'no-writes' } }
