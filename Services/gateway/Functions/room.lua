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

-- What is known of these keys in the hash of this ten minutes, and in the one before it. By Redis' clock only: two
-- callers near a boundary agree. A hash that is of twenty minutes ago is emptied first.
local function seen_before(keys, ms, digests)
  local generation = math.floor(ms / SEEN_MS)
  local fields = { '', unpack(digests) }
  local current = { key = keys[4 + generation % 2], generation = generation }
  current.values = redis.call('HMGET', current.key, unpack(fields))
  if current.values[1] ~= int(generation) then
    if current.values[1] then redis.call('UNLINK', current.key) end
    current.fresh = true
  end
  local previous = { values = redis.call('HMGET', keys[4 + (generation + 1) % 2], unpack(fields)) }
  if previous.values[1] ~= int(generation - 1) then previous = nil end
  return current, previous
end

-- What is kept of the accepted key with this number: 12 bytes digest of the content, 16 bytes message id, `epoch:seq`.
local function seen(current, previous, number)
  local value = not current.fresh and current.values[number + 1]
  if not value and previous then value = previous.values[number + 1] end
  if not value then return nil end
  local epoch, seq = string.match(value, '^([a-z0-9]+):(%d+)$', 29)
  return { content = string.sub(value, 1, 12), id = string.sub(value, 13, 28), epoch = epoch, seq = seq }
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

-- Reads the messages of a `room_accept`: what each has in ARGV is told there.
local function messages_of(args)
  local messages, digests = {}, {}
  for at = 7, #args, 8 do
    local message = {
      user = args[at], id = args[at + 1], time = tonumber(args[at + 2]), not_after = tonumber(args[at + 3]),
      key = args[at + 4], content = args[at + 5], tail = args[at + 6], trace = args[at + 7],
    }
    messages[#messages + 1] = message
    digests[#digests + 1] = message.key
  end
  return messages, digests
end

-- Why a message may have no place in this room, by who sends it; nil where it may.
local function refusal(room, value, ms)
  if not value then return 'denied' end
  local role, muted = standing(value, ms)
  if not role then return 'denied' end
  if muted then return 'muted' end
  if role == 'guest' and not string.find(room.policy, 'guests_send', 1, true) then return 'forbidden' end
  return nil
end

-- room_accept: gives messages their places, in this order.
-- ARGV: 1 run  2 highest seq known to the caller  3 seqs kept in recent  4 most kept while the archive lags
-- 5 most bytes in the log  6 most keys remembered in ten minutes, then of each message, some dozens at most:
-- user, message id (16 bytes), its time (ms), not after (ms), digest of user and key (12 bytes), digest of the content
-- (12 bytes), tail of the envelope, traceparent
-- Replies for each {'ok'|'duplicate', epoch, seq, id, stored} or {word}: unloaded, denied, muted, forbidden, conflict,
-- overloaded; with Redis' time: late, clock; and `after`, for what follows one of these two: that one may be tried
-- again, and come before it.
local function room_accept(keys, args)
  local ms = now()
  local messages, digests = messages_of(args)
  local replies, accepted = {}, {}
  local room = load(keys[1], args[1])
  local current, previous
  if room then current, previous = seen_before(keys, ms, digests) end
  local members, here = {}, {}
  local held, is_full, must_wait

  local function judge(number, message)
    if must_wait then return { 'after' } end
    if ms > message.not_after then
      must_wait = true
      return { 'late', int(ms) }
    end
    if not room then return { 'unloaded' } end
    -- What has its place is told to its sender whatever was decided about them since: the first answer may be lost.
    local before = seen(current, previous, number)
    if before and before.content == message.content then
      -- The same message id is this very call, repeated after a lost reply: not a duplicate to the client.
      local word = before.id == message.id and 'ok' or 'duplicate'
      return { word, before.epoch, before.seq, before.id, int(room.stored) }
    end
    -- One of this call has the same key.
    local twin = here[message.key]
    if members[message.user] == nil then members[message.user] = redis.call('HGET', keys[2], message.user) end
    local word = refusal(room, members[message.user], ms)
    if word and not (twin and twin.content == message.content) then return { word } end
    if before or (twin and twin.content ~= message.content) then return { 'conflict' } end
    if twin then return { 'duplicate', twin = twin } end
    if math.abs(ms - message.time) > 5000 then
      must_wait = true
      return { 'clock', int(ms) }
    end
    if is_full == nil then
      -- A key that could not be remembered would be accepted twice: then rather not at all.
      is_full = not current.fresh and redis.call('HLEN', current.key) > tonumber(args[6])
      held = tonumber(redis.call('GET', keys[7]) or '0')
      if room.seq - room.stored >= tonumber(args[4]) and redis.call('XLEN', keys[3]) >= tonumber(args[4]) then
        is_full = true
      end
    end
    if is_full or held >= tonumber(args[5]) then return { 'overloaded' } end
    held = held + #message.tail
    here[message.key] = message
    accepted[#accepted + 1] = message
    return { 'ok', twin = message }
  end

  for number, message in ipairs(messages) do replies[number] = judge(number, message) end

  if #accepted > 0 then
    open(room, keys[1], args[1], tonumber(args[2]))
    local bytes = 0
    local noted = { current.key }
    if current.fresh then
      noted[2], noted[3] = '', int(current.generation)
    end
    local head = '{"v":1,"epoch":"' .. room.epoch .. '","seq":'
    for number, message in ipairs(accepted) do
      message.seq = room.seq + number
      message.text = int(message.seq)
      message.envelope = head .. message.text .. ',"mv":' .. room.mv .. ',' .. message.tail
      bytes = bytes + #message.envelope
      noted[#noted + 1] = message.key
      noted[#noted + 1] = message.content .. message.id .. room.epoch .. ':' .. message.text
    end
    -- What may fail on a spoilt key comes before anything is written: these fail where the key is no stream, or no count.
    redis.call('XLEN', keys[3])
    local unstored = redis.call('XLEN', keys[6])
    redis.call('INCRBY', keys[7], bytes)
    for _, message in ipairs(accepted) do
      -- By number, as seq jumps from epoch to epoch: the newest, and at least all that the archive lacks.
      local keep = math.max(tonumber(args[3]), message.seq - room.stored)
      redis.call('XADD', keys[3], 'MAXLEN', '~', int(keep), message.text .. '-0', 'e', message.envelope)
      local entry = { 'XADD', keys[6], '*', 'e', message.envelope }
      if message.trace ~= '' then
        entry[6], entry[7] = 't', message.trace
      end
      redis.call(unpack(entry))
    end
    -- Something is to be stored again: where all was, or this epoch has nothing yet, the log may be about to expire.
    local first = accepted[1].seq
    if room.stored >= first - 1 or first == room.first then redis.call('PERSIST', keys[3]) end
    redis.call('HSET', unpack(noted))
    if current.fresh then redis.call('PEXPIRE', current.key, 2 * SEEN_MS) end
    redis.call('HSET', keys[1], 'seq', accepted[#accepted].text)
    for _, message in ipairs(accepted) do redis.call('SPUBLISH', keys[1], message.envelope) end
    -- Wakes who writes it into the archive; where something is there already, they have been told, or look again.
    if unstored == 0 then redis.call('SPUBLISH', keys[6], '') end
  end

  for _, reply in ipairs(replies) do
    local message = reply.twin
    if message then
      reply[2], reply[3], reply[4], reply[5] = room.epoch, message.text, message.id, int(room.stored)
      reply.twin = nil
    end
  end
  return replies
end

-- room_seen: whether a key has been accepted, giving no place to anything.
-- ARGV: 1 run  2 user  3 digest of user and key  4 digest of the content
-- Replies {'duplicate', epoch, seq, id, stored}, {'unseen', since when every key accepted is known (ms), the oldest
-- envelope that the archive lacks or ''}, or {word}: unloaded, denied, conflict.
local function room_seen(keys, args)
  local ms = now()
  local room = load(keys[1], args[1])
  if not room then return { 'unloaded' } end
  local current, previous = seen_before(keys, ms, { args[3] })
  local before = seen(current, previous, 1)
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
