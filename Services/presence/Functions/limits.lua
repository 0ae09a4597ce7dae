#!lua name=parley_limits_1

-- The message limit: in no window of W milliseconds are more than N accepted. An exact sliding log, as a list in order of
-- acceptance: what is added to it says how many there are, where a sorted set has to be asked, and is three times as dear.
--
-- KEYS: {u:NAME}:units, a list of units: time of acceptance (ms, 13 digits), message id (16 bytes); one where nothing else
-- is said

local SWEPT_EACH = 32 -- units of a user
local TIME = 13 -- digits
local APART_MS = 10000 -- most between the time of a message's id and that of its unit: nobody asks for longer

local function milliseconds()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

-- Whole numbers as text, which as an integer takes a tenth of what it takes as a double.
local function int(n) return string.format('%d', n) end

local function time_of(unit) return tonumber(string.sub(unit, 1, TIME)) or 0 end

-- A time of six bytes: an id begins with its own (RFC 9562, section 5.7).
local function time_at(text, at)
  local a, b, c, d, e, f = string.byte(text, at, at + 5)
  return ((((a * 256 + b) * 256 + c) * 256 + d) * 256 + e) * 256 + f
end

-- How many of the units, of which there are `used`, had left the window by its beginning: the oldest ones.
local function count_gone(key, used, from)
  local low, high = 0, used
  while low < high do
    local middle = math.floor((low + high) / 2)
    if time_of(redis.call('LINDEX', key, middle)) > from then high = middle else low = middle + 1 end
  end
  return low
end

-- The unit that was taken for this message, if there is one: only those are looked at that were taken since it has its id,
-- also where that is of a clock that is ahead.
local function find(key, id)
  local earliest, last, units = math.min(time_at(id, 1), milliseconds()) - APART_MS, -1, nil
  repeat
    units = redis.call('LRANGE', key, last - SWEPT_EACH + 1, last)
    for i = #units, 1, -1 do
      if string.sub(units[i], TIME + 1) == id then return units[i] end
      if time_of(units[i]) < earliest then return nil end
    end
    last = last - SWEPT_EACH
  until #units < SWEPT_EACH
  return nil
end

-- The reply to one that is refused. Room comes when the (used - most + 1)th oldest leaves: after a stricter policy that may
-- not be the oldest.
local function refused(key, used, first, most, from, ms)
  local oldest = redis.call('LINDEX', key, first + used - most)
  return { 0, used, math.max(1, (oldest and time_of(oldest) or ms) - from) }
end

-- One unit, of one user. What has left the window is swept out when it may matter, and once in a while.
local function take(key, unit, call)
  local id = string.sub(unit, 1, 16)
  if #unit > 22 and find(key, id) then return 1 end
  local used = redis.call('RPUSH', key, call.time .. id)
  local is_over = used > call.most
  if is_over or used % SWEPT_EACH == 0 and time_of(redis.call('LINDEX', key, SWEPT_EACH - 1)) <= call.from then
    local gone = count_gone(key, used, call.from)
    if gone > 0 then redis.call('LPOP', key, gone) end
    used = used - gone
    if used > call.most then
      redis.call('RPOP', key)
      return refused(key, used - 1, 0, call.most, call.from, call.ms)
    end
  end
  -- It may stay for longer than its units count: to say anew when it goes would be a write for each.
  if redis.call('PTTL', key) < call.window then redis.call('PEXPIRE', key, int(2 * call.window)) end
  return 1
end

-- limit_take: takes a unit for each of some messages of one policy, in this order. KEYS: of each
-- ARGV: 1 N  2 W in ms  3 the least of all `not after`  then of each: message id (16 bytes), not after (ms, 6 bytes),
-- and anything more where it has been asked for before, and may have been taken
-- Replies for each 1 where it is taken; {0, used in the window, ms until the next would pass} where it is refused;
-- {-1, Redis' time} where it is late: whoever asked has given up and given back, and a unit taken now would be nobody's;
-- an error where the key is of another type.
local function limit_take(keys, args)
  local ms, window = milliseconds(), tonumber(args[2])
  local call = { ms = ms, time = int(ms), most = tonumber(args[1]), window = window, from = ms - window }
  local replies, may_be_late = {}, tonumber(args[3]) < ms
  for i = 1, #keys do
    local unit = args[i + 3]
    if may_be_late and time_at(unit, 17) < ms then
      replies[i] = { -1, ms }
    else
      local is_done, reply = pcall(take, keys[i], unit, call)
      replies[i] = is_done and reply or { err = type(reply) == 'table' and reply.err or 'ERR ' .. tostring(reply) }
    end
  end
  return replies
end

-- limit_return: gives a unit back. ARGV: 1 message id. Replies 1, or 0 where there was none.
local function limit_return(keys, args)
  local unit = find(keys[1], args[1])
  return unit and redis.call('LREM', keys[1], -1, unit) or 0
end

-- limit_look: what is left, taking nothing. ARGV: 1 N  2 W, ms
-- Replies {1 where the next would pass, else 0, used in the window, ms until the next would pass}.
local function limit_look(keys, args)
  local ms, most = milliseconds(), tonumber(args[1])
  local from, all = ms - tonumber(args[2]), redis.call('LLEN', keys[1])
  local gone = count_gone(keys[1], all, from)
  if all - gone < most then return { 1, all - gone, 0 } end
  return refused(keys[1], all - gone, gone, most, from, ms)
end

-- policies_set: changes the policies of roles, all or none, and counts their version: above all that are known, also where
-- the clock was set back, or two come in a millisecond.
-- KEYS: 1 limits:policies  ARGV: 1 the highest version that the caller knows  2 how many are replaced  of each of these:
-- role, policy  then the roles whose policy is taken away
-- Replies the version.
local function policies_set(keys, args)
  local known = math.max(tonumber(redis.call('HGET', keys[1], '') or '0') or 0, tonumber(args[1]))
  local version = string.format('%.0f', math.max(milliseconds(), known + 1))
  local last = 2 + 2 * tonumber(args[2])
  redis.call('HSET', keys[1], '', version, unpack(args, 3, last))
  if #args > last then redis.call('HDEL', keys[1], unpack(args, last + 1)) end
  return tonumber(version)
end

-- policies_restore: gives policies back to a Redis that has lost them, unless it has newer ones by now: as they were, and with
-- the version that they had, so that of several who remember the newest wins, whoever comes first.
-- KEYS: 1 limits:policies  ARGV: 1 their version  then of each: role, policy
-- Replies 1, or 0 where the version there is no lower.
local function policies_restore(keys, args)
  if (tonumber(redis.call('HGET', keys[1], '') or '0') or 0) >= tonumber(args[1]) then return 0 end
  redis.call('DEL', keys[1])
  redis.call('HSET', keys[1], '', unpack(args))
  return 1
end

redis.register_function('policies_set', policies_set)
redis.register_function('policies_restore', policies_restore)
redis.register_function('limit_take', limit_take)
redis.register_function('limit_return', limit_return)
redis.register_function{ function_name = 'limit_look', callback = limit_look, flags = { 'no-writes' } }
