#!lua name=parley_direct_1

-- What all devices of a user are told.

local KEPT = 1000
local KEPT_MS = 600000

-- direct_tell: tells that a direct message has its place, and keeps that for gateways whose subscription is not there
-- just now.
-- KEYS: 1 {u:NAME}, the channel  2 {u:NAME}:direct, a stream  ARGV: 1 room  2 epoch  3 seq
-- Replies with the entry's id, which the notice carries too.
local function direct_tell(keys, args)
  local notice = 'direct ' .. args[1] .. ' ' .. args[2] .. ' ' .. args[3]
  local id = redis.call('XADD', keys[2], 'MAXLEN', '~', KEPT, '*', 'n', notice)
  -- Each notice keeps the others: they go by their age as well.
  redis.call('XTRIM', keys[2], 'MINID', '~', string.format('%.0f', tonumber(string.match(id, '^%d+')) - KEPT_MS))
  redis.call('PEXPIRE', keys[2], KEPT_MS)
  redis.call('SPUBLISH', keys[1], notice .. ' ' .. id)
  return id
end

redis.register_function('direct_tell', direct_tell)
