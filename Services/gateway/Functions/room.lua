#!lua name=parley_room_1

-- The room's log. Everything that must be one decision about a room is one function here; nothing is written
-- before everything has been checked, and `seq` is written last, as Redis does not roll back.
--
-- KEYS of each: 1 room hash (also the name of its channel)  2 members  3 recent  4 seen:0  5 seen:1  6 partition log
-- 7 log bytes

local EPOCHS_KEPT = 16
local EPOCH_ZERO = 1735689600000 -- 2025-01-01, in milliseconds
local SEEN_MS = 600000
local DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz'

local function now()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

local function int(n) return string.format('%.0f', n) end

local function base36(n)
  local text = ''
  repeat
    local digit = n % 36
    text = string.sub(DIGITS, digit + 1, digit + 1) .. text
    n = math.floor(n / 36)
  until n == 0
  return text
end

-- An epoch's name: milliseconds since 2025 in base 36, moved on while the room still remembers that name.
local function new_epoch(ms, remembered)
  local n = ms - EPOCH_ZERO
  local name = base36(n)
  while string.find(remembered, name .. ':', 1, true) do
    n = n + 1
    name = base36(n)
  end
  return string.rep('0', 6 - #name) .. name
end

local function remember(list, epoch, first, last)
  local entries = {}
  for entry in string.gmatch(list, '%S+') do entries[#entries + 1] = entry end
  entries[#entries + 1] = epoch .. ':' .. first .. ':' .. last
  local from = math.max(1, #entries - EPOCHS_KEPT + 1)
  return table.concat(entries, ' ', from)
end

-- Makes sure that the room's epoch is one of this run of Redis. `known` is the highest seq that the caller has had
-- from Redis itself: a room that knows less has lost its tail.
local function open(room, key, run, known)
  if room.run == run and room.epoch and room.seq >= known then return end
  local ms = now()
  local epochs = room.epochs
  if room.epoch then epochs = remember(epochs, room.epoch, int(room.first), int(room.seq)) end
  -- A Redis that was emptied remembers nothing: the clock alone is above all that was given, as long as a room takes
  -- less than a thousand messages a second. To the millisecond, as it may be emptied twice in a second.
  local seq = math.max(room.seq, known, ms - EPOCH_ZERO)
  local epoch = new_epoch(ms, epochs)
  redis.call('HSET', key, 'run', run, 'epoch', epoch, 'first', int(seq + 1), 'epochs', epochs, 'seq', int(seq))
  room.run, room.epoch, room.seq, room.epochs, room.first = run, epoch, seq, epochs, seq + 1
end

-- The room as it stands, or nil while auth has not vouched for its members in this run of Redis.
local function load(key, run)
  local f = redis.call('HMGET', key, 'run', 'epoch', 'seq', 'stored', 'epochs', 'first', 'mv', 'loaded',
    'visibility', 'policy')
  if not f[8] or f[8] ~= run then return nil end
  return {
    run = f[1], epoch = f[2], seq = tonumber(f[3] or '0'), stored = tonumber(f[4] or '0'), epochs = f[5] or '',
    first = tonumber(f[6] or '1'), mv = f[7] or '0', visibility = f[9] or 'private', policy = f[10] or '',
  }
end

-- A member's value is `role` or `role,muted-until` (milliseconds; 0: for ever).
local function standing(value, ms)
  local role, muted = string.match(value, '^([a-z]+),?(%d*)$')
  if not role then return nil, false end
  return role, muted ~= '' and (muted == '0' or tonumber(muted) > ms)
end

-- The hash of accepted keys for this ten minutes, emptied first where it is that of twenty minutes ago, and the one
-- before it. By Redis' clock only: two callers near a boundary agree.
local function seen_hashes(keys, ms)
  local generation = math.floor(ms / SEEN_MS)
  local current, previous = keys[4 + generation % 2], keys[4 + (generation + 1) % 2]
  local stamp = redis.call('HGET', current, '')
  if stamp ~= int(generation) then
    if stamp then redis.call('UNLINK', current) end
    current = { key = current, fresh = true, generation = generation }
  else
    current = { key = current }
  end
  if redis.call('HGET', previous, '') ~= int(generation - 1) then previous = nil end
  return current, previous
end

-- What is kept of an accepted key: 12 bytes digest of the content, 16 bytes message id, `epoch:seq`.
local function seen(current, previous, digest)
  local value = not current.fresh and redis.call('HGET', current.key, digest)
  if not value and previous then value = redis.call('HGET', previous, digest) end
  if not value then return nil end
  local epoch, seq = string.match(value, '^([a-z0-9]+):(%d+)$', 29)
  return { content = string.sub(value, 1, 12), id = string.sub(value, 13, 28), epoch = epoch, seq = seq }
end

local function note(current, digest, value)
  if current.fresh then
    redis.call('HSET', current.key, '', int(current.generation), digest, value)
    redis.call('PEXPIRE', current.key, 2 * SEEN_MS)
  else
    redis.call('HSET', current.key, digest, value)
  end
end

-- room_enter: what a joining or reading member must know of the room.
-- ARGV: 1 run  2 highest seq known to the caller  3 user
-- Replies {'ok', epoch, seq, role or '', visibility, mv, stored, epochs, first seq of the epoch} or {'unloaded'}.
local function room_enter(keys, args)
  local room = load(keys[1], args[1])
  if not room then return { 'unloaded' } end
  open(room, keys[1], args[1], tonumber(args[2]))
  local value = redis.call('HGET', keys[2], args[3])
  local role = value and standing(value, 0) or ''
  return {
    'ok', room.epoch, int(room.seq), role, room.visibility, room.mv, int(room.stored), room.epochs, int(room.first),
  }
end

-- room_roles: who of these is a member, and in which version of the list. KEYS 1 and 2.
-- ARGV: 1 run  2… users, some hundred at most
-- Replies {'ok', mv, role or '' for each} or {'unloaded'}.
local function room_roles(keys, args)
  local room = load(keys[1], args[1])
  if not room then return { 'unloaded' } end
  local reply = { 'ok', room.mv }
  if #args < 2 then return reply end
  for _, value in ipairs(redis.call('HMGET', keys[2], unpack(args, 2))) do
    reply[#reply + 1] = value and standing(value, 0) or ''
  end
  return reply
end

-- room_accept: gives a message its place.
-- ARGV: 1 run  2 highest seq known to the caller  3 user  4 message id (16 bytes)  5 its time, ms  6 not after, ms
-- 7 digest of user and key (12 bytes)  8 digest of the content (12 bytes)  9 tail of the envelope  10 traceparent
-- 11 seqs kept in recent  12 most kept while the archive lags  13 most bytes in the log  14 most keys remembered in ten
-- minutes
-- Replies {'ok'|'duplicate', epoch, seq, id, stored} or {word}: unloaded, denied, muted, forbidden, conflict, overloaded,
-- and with Redis' time: late, clock.
local function room_accept(keys, args)
  local ms = now()
  if ms > tonumber(args[6]) then return { 'late', int(ms) } end
  local room = load(keys[1], args[1])
  if not room then return { 'unloaded' } end

  -- What has its place is told to its sender whatever was decided about them since: the first answer may have been lost.
  local current, previous = seen_hashes(keys, ms)
  local before = seen(current, previous, args[7])
  if before and before.content == args[8] then
    -- The same message id is this very call, repeated after a lost reply: not a duplicate to the client.
    return { before.id == args[4] and 'ok' or 'duplicate', before.epoch, before.seq, before.id, int(room.stored) }
  end

  local value = redis.call('HGET', keys[2], args[3])
  if not value then return { 'denied' } end
  local role, muted = standing(value, ms)
  if not role then return { 'denied' } end
  if muted then return { 'muted' } end
  if role == 'guest' and not string.find(room.policy, 'guests_send', 1, true) then return { 'forbidden' } end
  if before then return { 'conflict' } end
  if math.abs(ms - tonumber(args[5])) > 5000 then return { 'clock', int(ms) } end
  -- A key that could not be remembered would be accepted twice: then rather not at all.
  if not current.fresh and redis.call('HLEN', current.key) > tonumber(args[14]) then return { 'overloaded' } end
  if room.seq - room.stored >= tonumber(args[12]) and redis.call('XLEN', keys[3]) >= tonumber(args[12]) then
    return { 'overloaded' }
  end
  if tonumber(redis.call('GET', keys[7]) or '0') >= tonumber(args[13]) then return { 'overloaded' } end
  -- What may fail on a spoilt key comes before anything is written: these fail where the key is no stream.
  redis.call('XLEN', keys[3])
  redis.call('XLEN', keys[6])

  open(room, keys[1], args[1], tonumber(args[2]))
  local seq = room.seq + 1
  local text = int(seq)
  local envelope = '{"v":1,"epoch":"' .. room.epoch .. '","seq":' .. text .. ',"mv":' .. room.mv .. ',' .. args[9]
  -- This one fails on a spoilt count: before the message is anywhere.
  redis.call('INCRBY', keys[7], #envelope)
  -- By number, as seq jumps from epoch to epoch: the newest, and at least all that the archive lacks.
  local keep = math.max(tonumber(args[11]), seq - room.stored)
  redis.call('XADD', keys[3], 'MAXLEN', '~', int(keep), text .. '-0', 'e', envelope)
  -- Something is to be stored again: where all was, or this epoch has nothing yet, the log may be about to expire.
  if room.stored >= room.seq or seq == room.first then redis.call('PERSIST', keys[3]) end
  local entry = { 'XADD', keys[6], '*', 'e', envelope }
  if args[10] ~= '' then
    entry[#entry + 1] = 't'
    entry[#entry + 1] = args[10]
  end
  redis.call(unpack(entry))
  note(current, args[7], args[8] .. args[4] .. room.epoch .. ':' .. text)
  redis.call('HSET', keys[1], 'seq', text)
  redis.call('SPUBLISH', keys[1], envelope)
  return { 'ok', room.epoch, text, args[4], int(room.stored) }
end

-- room_seen: whether a key has been accepted, giving no place to anything.
-- ARGV: 1 run  2 user  3 digest of user and key  4 digest of the content
-- Replies {'duplicate', epoch, seq, id, stored}, {'unseen', since when every key accepted is known (ms), the oldest
-- envelope that the archive lacks or ''}, or {word}: unloaded, denied, conflict.
local function room_seen(keys, args)
  local ms = now()
  local room = load(keys[1], args[1])
  if not room then return { 'unloaded' } end
  local current, previous = seen_hashes(keys, ms)
  local before = seen(current, previous, args[3])
  if before and before.content == args[4] then
    return { 'duplicate', before.epoch, before.seq, before.id, int(room.stored) }
  end
  if redis.call('HEXISTS', keys[2], args[2]) == 0 then return { 'denied' } end
  if before then return { 'conflict' } end
  -- A hash that is not there is one that nothing was put in, or one that was lost: what stands in the log decides.
  local since = ms
  if not current.fresh then since = math.floor(ms / SEEN_MS) * SEEN_MS end
  if not current.fresh and previous then since = since - SEEN_MS end
  local oldest = ''
  if room.stored < room.seq then
    local entry = redis.call('XRANGE', keys[3], '(' .. int(room.stored) .. '-0', '+', 'COUNT', 1)[1]
    if entry then oldest = entry[2][2] end
  end
  return { 'unseen', int(since), oldest }
end

redis.register_function('room_enter', room_enter)
redis.register_function('room_roles', room_roles)
redis.register_function('room_seen', room_seen)
redis.register_function('room_accept', room_accept)
