#!lua name=parley_membership_1

-- Auth's copy of a room's members. PostgreSQL decides; what is written here only repeats it, and `mv`, the version of
-- the member list that PostgreSQL counts, keeps an older state from replacing a newer one.
--
-- KEYS of each, and of each room of a members_set: 1 room hash  2 members; room_vouch needs the first only

local EPOCH_ZERO = 1735689600

-- room_load: writes all of a room's members. Nobody has vouched for them before `room_vouch`, but changes are applied from
-- now on (`loading`).
-- ARGV: 1 run  2 mv  3 visibility  4 policy  5 '1' where the room has never been opened before  6… member, value, …
local function room_load(keys, args)
  local known = tonumber(redis.call('HGET', keys[1], 'mv') or '-1')
  local f = redis.call('HMGET', keys[1], 'loaded', 'loading')
  local is_vouched = f[1] == args[1]
  if (is_vouched or f[2] == args[1]) and known > tonumber(args[2]) then return 0 end
  redis.call('UNLINK', keys[2])
  for i = 6, #args, 500 do
    redis.call('HSET', keys[2], unpack(args, i, math.min(i + 499, #args)))
  end
  if args[5] == '1' and redis.call('HEXISTS', keys[1], 'epoch') == 0 then
    -- A new room begins at 1; any other that lacks its epoch is given one with a jump, by whoever needs it first.
    local t = redis.call('TIME')
    local n = (tonumber(t[1]) - EPOCH_ZERO) * 1000 + math.floor(tonumber(t[2]) / 1000)
    local name = ''
    repeat
      local digit = n % 36
      name = string.sub('0123456789abcdefghijklmnopqrstuvwxyz', digit + 1, digit + 1) .. name
      n = math.floor(n / 36)
    until n == 0
    redis.call('HSET', keys[1], 'run', args[1], 'epoch', string.rep('0', 6 - #name) .. name, 'first', '1', 'seq', '0',
      'stored', '0')
  end
  redis.call('HSET', keys[1], 'mv', args[2], 'visibility', args[3], 'policy', args[4])
  -- Who is vouched for stays so: a change that this list lacks has been applied already, or will find the room behind.
  if not is_vouched then redis.call('HSET', keys[1], 'loading', args[1]) end
  redis.call('HDEL', keys[1], 'ready')
  return 1
end

-- room_vouch: vouches for the members in this run of Redis, where the list is as new as the caller knows it to be.
-- KEYS: 1 room hash  ARGV: 1 run  2 the least version. Replies 1, or 0 where it is older, or not written in this run.
local function room_vouch(keys, args)
  local f = redis.call('HMGET', keys[1], 'loaded', 'loading', 'mv')
  if f[1] ~= args[1] and f[2] ~= args[1] then return 0 end
  if tonumber(f[3] or '-1') < tonumber(args[2]) then return 0 end
  redis.call('HSET', keys[1], 'loaded', args[1])
  redis.call('HDEL', keys[1], 'loading')
  return 1
end

-- Whether the room is written in this run. What another run vouched for will lack the change at hand: should that
-- Redis be the primary again, as it never was restarted, it must not find its own word.
local function is_written(key, loaded, loading, run)
  if loaded and loaded ~= run then redis.call('HDEL', key, 'loaded', 'ready') end
  if loading and loading ~= run then redis.call('HDEL', key, 'loading') end
  return loaded == run or loading == run
end

-- members_set for one room, whose keys follow `keys[k]` and whose changes begin at `args[from]`.
local function set_members(keys, k, args, from, count, first)
  local f = redis.call('HMGET', keys[k + 1], 'loaded', 'loading', 'mv')
  if not is_written(keys[k + 1], f[1], f[2], args[1]) then return 0 end
  local known, last = tonumber(f[3] or '0'), first + count - 1
  if known >= last then return 0 end
  if known < first - 1 then return -1 end
  for i = from + (known + 1 - first) * 2, from + count * 2 - 1, 2 do
    if args[i + 1] == '' then
      redis.call('HDEL', keys[k + 2], args[i])
    else
      redis.call('HSET', keys[k + 2], args[i], args[i + 1])
    end
  end
  redis.call('HSET', keys[k + 1], 'mv', string.format('%d', last))
  redis.call('HDEL', keys[k + 1], 'ready')
  return 1
end

-- members_set: changes of member lists, those of each room in their order. An empty value removes.
-- KEYS: of one room after another.
-- ARGV: 1 run, then of each room: the version with its first change, the number of its changes, each the next version,
-- and of each of these: member, value
-- Replies for each room 1 where they were applied, 0 where it is not loaded or knows better, -1 where a change before
-- them is missing: then the room must be loaded anew; or an error where one of its keys is of another type.
local function members_set(keys, args)
  local replies = {}
  local at = 2
  for k = 0, #keys - 1, 2 do
    local first, count = tonumber(args[at]), tonumber(args[at + 1])
    -- A room that is spoilt is no reason to leave the others as they were.
    local is_done, reply = pcall(set_members, keys, k, args, at + 2, count, first)
    if not is_done then reply = { err = type(reply) == 'table' and reply.err or 'ERR ' .. tostring(reply) } end
    replies[#replies + 1] = reply
    at = at + 2 + count * 2
  end
  return replies
end

-- room_set: visibility and policy. ARGV: 1 run  2 mv  3 visibility  4 policy. Replies as members_set for a room.
local function room_set(keys, args)
  local f = redis.call('HMGET', keys[1], 'loaded', 'loading', 'mv')
  if not is_written(keys[1], f[1], f[2], args[1]) then return 0 end
  local known, mv = tonumber(f[3] or '0'), tonumber(args[2])
  if known >= mv then return 0 end
  if known < mv - 1 then return -1 end
  redis.call('HSET', keys[1], 'mv', args[2], 'visibility', args[3], 'policy', args[4])
  redis.call('HDEL', keys[1], 'ready')
  return 1
end

-- room_unload: forgets that anybody vouched for the room, so that no send passes until it is loaded again.
local function room_unload(keys)
  redis.call('HDEL', keys[1], 'loaded', 'loading', 'ready')
  redis.call('UNLINK', keys[2])
  return 1
end

redis.register_function('room_load', room_load)
redis.register_function('room_set', room_set)
-- Little each: a Redis that is full must not keep anybody from being put out.
redis.register_function{ function_name = 'members_set', callback = members_set, flags = { 'allow-oom' } }
redis.register_function{ function_name = 'room_vouch', callback = room_vouch, flags = { 'allow-oom' } }
redis.register_function{ function_name = 'room_unload', callback = room_unload, flags = { 'allow-oom' } }
