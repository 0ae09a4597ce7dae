#!lua name=parley_limits_1

-- The message limit: in no window of W milliseconds are more than N accepted. An exact sliding log: counts are small.
-- KEYS: {u:NAME}:limit, a sorted set of message ids by time of acceptance; one where nothing else is said

local SWEPT_EACH = 32 -- units of a user

local function milliseconds()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

-- Whole numbers as text, which as an integer takes a tenth of what it takes as a double; and compared as text, as reading
-- one takes longer than most commands do for a field.
local function int(n) return string.format('%d', n) end
local function is_below(a, b) return #a < #b or #a == #b and a < b end

-- One unit, of one user. What has left the window is swept out when it may matter, and once in a while, as it costs more
-- than to take a unit.
local function take(key, ms, time, id, most, window)
  local used = redis.call('ZCARD', key)
  if used >= most or used % SWEPT_EACH == SWEPT_EACH - 1 then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', int(ms - tonumber(window)))
    used = redis.call('ZCARD', key)
  end
  if used < most then
    redis.call('ZADD', key, 'NX', time, id)
    redis.call('PEXPIRE', key, window)
    return { 1 }
  end
  if redis.call('ZSCORE', key, id) then return { 1 } end
  -- Room comes when the (used - most + 1)th oldest leaves: after a stricter policy that may not be the oldest.
  local oldest = redis.call('ZRANGE', key, used - most, used - most, 'WITHSCORES')
  return { 0, used, math.max(1, (tonumber(oldest[2]) or ms) + tonumber(window) - ms) }
end

-- limit_take: takes a unit for each of some messages, in this order. KEYS: of each  ARGV: of each: message id, N, W in ms,
-- not after in ms (0: whenever)
-- Replies for each {1} where it is taken; {0, used in the window, ms until the next would pass} where it is refused;
-- {-1, Redis' time} where it is late: whoever asked has given up and given back, and a unit taken now would be nobody's;
-- an error where the key is of another type.
local function limit_take(keys, args)
  local ms = milliseconds()
  local time, replies = int(ms), {}
  -- Most are of one policy.
  local text, most = nil, nil
  for i = 1, #keys do
    local at = i * 4 - 3
    local not_after = args[at + 3]
    if not_after ~= '0' and is_below(not_after, time) then
      replies[i] = { -1, ms }
    else
      if args[at + 1] ~= text then text, most = args[at + 1], tonumber(args[at + 1]) end
      local is_done, reply = pcall(take, keys[i], ms, time, args[at], most, args[at + 2])
      replies[i] = is_done and reply or { err = type(reply) == 'table' and reply.err or 'ERR ' .. tostring(reply) }
    end
  end
  return replies
end

-- limit_return: gives a unit back. ARGV: 1 message id
local function limit_return(keys, args)
  return redis.call('ZREM', keys[1], args[1])
end

-- limit_look: what is left, taking nothing. ARGV: 1 N  2 W, ms
-- Replies {1 where the next would pass, else 0, used in the window, ms until the next would pass}.
local function limit_look(keys, args)
  local ms, most, window = milliseconds(), tonumber(args[1]), tonumber(args[2])
  local from = int(ms - window)
  local used = redis.call('ZCOUNT', keys[1], '(' .. from, '+inf')
  if used < most then return { 1, used, 0 } end
  local oldest = redis.call('ZRANGE', keys[1], '(' .. from, '+inf', 'BYSCORE', 'LIMIT', used - most, 1, 'WITHSCORES')
  return { 0, used, math.max(1, (tonumber(oldest[2]) or ms) + window - ms) }
end

redis.register_function('limit_take', limit_take)
redis.register_function('limit_return', limit_return)
redis.register_function{ function_name = 'limit_look', callback = limit_look, flags = { 'no-writes' } }
