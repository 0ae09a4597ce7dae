#!lua name=parley_control_1

-- What everybody must hear of. Revocations and removed members must not wait for room in a Redis that is full: what is
-- written here is bounded.

-- control_add: an entry of `control:log`. KEYS: 1 control:log  ARGV: 1 most entries  2 type  3 data. Replies its id.
local function control_add(keys, args)
  return redis.call('XADD', keys[1], 'MAXLEN', '~', args[1], '*', 'type', args[2], 'data', args[3])
end

-- Of two values, which are numbers separated by a blank, the higher of each number, as text.
local function joined(held, value)
  local numbers, at = {}, 0
  local known = {}
  for number in string.gmatch(held or '', '%d+') do known[#known + 1] = number end
  for number in string.gmatch(value, '%d+') do
    at = at + 1
    local other = known[at]
    numbers[at] = other and tonumber(other) > tonumber(number) and other or number
  end
  return table.concat(numbers, ' ')
end

-- revoke: notes a revocation. A late older one replaces nothing of a newer one.
-- KEYS: 1 auth:revoked  ARGV: 1 field  2 value. Replies {what stands there now, 1 where that is news, else 0}.
local function revoke(keys, args)
  local held = redis.call('HGET', keys[1], args[1])
  local value = joined(held, args[2])
  if value == held then return { value, 0 } end
  redis.call('HSET', keys[1], args[1], value)
  return { value, 1 }
end

local function register(name, callback)
  redis.register_function{ function_name = name, callback = callback, flags = { 'allow-oom' } }
end

register('control_add', control_add)
register('revoke', revoke)
