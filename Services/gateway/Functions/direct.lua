#!lua name=parley_direct_1

-- What all devices of a user are told.

local KEPT = 1000
local KEPT_MS = 600000

local function keep(key, notice)
  return redis.pcall('XADD', key, 'MAXLEN', '~', KEPT, '*', 'n', notice)
end

-- user_tell: tells a user's gateways, and keeps that for those whose subscription is not there just now.
-- KEYS: 1 {u:NAME}, the channel  2 {u:NAME}:direct, a stream  ARGV: 1 notice
-- Replies with the entry's id, which the notice carries too.
local function user_tell(keys, args)
  local id = keep(keys[2], args[1])
  if type(id) == 'table' and string.find(id.err, 'WRONGTYPE', 1, true) then
    -- What is no stream nobody reads: it must not hold up who tells, for history a 64th of all rooms.
    redis.call('DEL', keys[2])
    id = keep(keys[2], args[1])
  end
  if type(id) == 'table' then return id end
  -- Each notice keeps the others: they go by their age as well.
  redis.call('XTRIM', keys[2], 'MINID', '~', string.format('%.0f', tonumber(string.match(id, '^%d+')) - KEPT_MS))
  redis.call('PEXPIRE', keys[2], KEPT_MS)
  redis.call('SPUBLISH', keys[1], args[1] .. ' ' .. id)
  return id
end

-- direct_tell: tells that a direct message has its place. KEYS, reply: as user_tell  ARGV: 1 room  2 epoch  3 seq
local function direct_tell(keys, args)
  return user_tell(keys, { 'direct ' .. args[1] .. ' ' .. args[2] .. ' ' .. args[3] })
end

-- Bounded: where Redis is full it must not keep history from storing what gives room, for want of telling of a dead letter.
redis.register_function{ function_name = 'user_tell', callback = user_tell, flags = { 'allow-oom' } }
redis.register_function('direct_tell', direct_tell)
