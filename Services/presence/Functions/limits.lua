#!lua name=parley_limits_1

-- The message limit: in no window of W milliseconds are more than N accepted. An exact sliding log: counts are small.
-- KEYS: {u:NAME}:limit, a sorted set of message ids by time of acceptance; one where nothing else is said

local function milliseconds()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

-- One unit, of one user.
local function take(key, ms, id, most, window)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%d', ms - window))
  local used = redis.call('ZCARD', key)
  if used >= most then
    if redis.call('ZSCORE', key, id) then return { 1, used, 0 } end
    -- Room comes when the (used - most + 1)th oldest leaves: after a stricter policy that may not be the oldest.
    local oldest = redis.call('ZRANGE', key, used - most, used - most, 'WITHSCORES')
    return { 0, used, math.max(1, (tonumber(oldest[2]) or ms) + window - ms) }
  end
  local added = redis.call('ZADD', key, 'NX', string.format('%d', ms), id)
  redis.call('PEXPIRE', key, window)
  return { 1, used + added, 0 }
end

-- limit_take: takes a unit for each of some messages, in this order. KEYS: of each  ARGV: of each: message id, N, W in ms,
-- not after in ms (0: whenever)
-- Replies for each {1 taken or 0 refused, used in the window, ms until the next would pass}; {-1, Redis' time} where it is
-- late: whoever asked has given up and given back, and a unit taken now would be nobody's; an error where the key is of
-- another type.
local function limit_take(keys, args)
  local ms = milliseconds()
  local replies = {}
  for i = 1, #keys do
    local at = i * 4 - 3
    local not_after = tonumber(args[at + 3])
    if not_after > 0 and ms > not_after then
      replies[i] = { -1, ms }
    else
      local is_done, reply = pcall(take, keys[i], ms, args[at], tonumber(args[at + 1]), tonumber(args[at + 2]))
      replies[i] = is_done and reply or { err = type(reply) == 'table' and reply.err or 'ERR ' .. tostring(reply) }
    end
  end
  return replies
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
