#!lua name=parley_presence_1

-- Who is where. A gateway incarnation states how many devices (or, in a room, connections) of a user it has; saying it
-- twice changes nothing. Only transitions of the user are told: first one here, last one gone.
--
-- Field INC is the number at that incarnation, in a hash of the user's devices; in a room's hash, field `user` is the
-- sum over incarnations and field `user INC` the number at one.

local KEPT_MS = '2592000000' -- 30 days, as the status copy: when somebody who has gone was last seen

local function number(value) return tonumber(value or '0') or 0 end

-- device_set: how many devices of a user an incarnation has.
-- KEYS: 1 {u:NAME}:devices  ARGV: 1 incarnation  2 number  3 time, ms (0: Redis' own)
-- Replies {'first'|'last'|'', devices in all}.
local function device_set(keys, args)
  local before, after = 0, 0
  local all = redis.call('HGETALL', keys[1])
  for i = 1, #all, 2 do
    if all[i] ~= 'last_seen' then
      before = before + number(all[i + 1])
      if all[i] ~= args[1] then after = after + number(all[i + 1]) end
    end
  end
  local count = math.max(number(args[2]), 0)
  after = after + count
  if count > 0 then
    redis.call('HSET', keys[1], args[1], count)
  else
    redis.call('HDEL', keys[1], args[1])
  end
  if before == 0 and after > 0 then
    redis.call('PERSIST', keys[1])
    return { 'first', after }
  end
  if before > 0 and after == 0 then
    local ms = args[3]
    if ms == '0' then
      local t = redis.call('TIME')
      ms = string.format('%.0f', tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000))
    end
    redis.call('HSET', keys[1], 'last_seen', ms)
    redis.call('PEXPIRE', keys[1], KEPT_MS)
    return { 'last', 0 }
  end
  return { '', after }
end

-- online_set: how many connections of a user an incarnation has in a room.
-- KEYS: 1 {T}:room:R:online  2 channel {T}:room:R
-- ARGV: 1 user  2 incarnation  3 number  4 envelope of user_joined  5 envelope of user_left
-- Replies {'first'|'last'|'', people online in the room}.
local function online_set(keys, args)
  local field = args[1] .. ' ' .. args[2]
  local f = redis.call('HMGET', keys[1], args[1], field)
  local before, here = number(f[1]), number(f[2])
  local count = math.max(number(args[3]), 0)
  local after = math.max(before - here + count, count)
  if count > 0 then redis.call('HSET', keys[1], field, count) else redis.call('HDEL', keys[1], field) end
  if after > 0 then redis.call('HSET', keys[1], args[1], after) else redis.call('HDEL', keys[1], args[1]) end
  local people = number(redis.call('HGET', keys[1], ''))
  local word = ''
  if before == 0 and after > 0 then
    word, people = 'first', redis.call('HINCRBY', keys[1], '', 1)
    redis.call('SPUBLISH', keys[2], args[4])
  elseif before > 0 and after == 0 then
    word, people = 'last', redis.call('HINCRBY', keys[1], '', -1)
    redis.call('SPUBLISH', keys[2], args[5])
    if people <= 0 then redis.call('UNLINK', keys[1]) end
  end
  return { word, math.max(people, 0) }
end

redis.register_function('device_set', device_set)
redis.register_function('online_set', online_set)
