#!lua name=parley_room_1

-- The room's log. Everything that must be one decision about a room is one function here; nothing is written
-- before everything has been checked, and `seq` is written last, as Redis does not roll back.
--
-- KEYS of each, and of each room of a room_accept: 1 room hash (also the name of its channel)  2 members  3 recent
-- 4 seen:0  5 seen:1  6 partition log  7 log bytes

local EPOCHS_KEPT = 16
local EPOCH_ZERO = 1735689600000 -- 2025-01-01, in milliseconds
local SEEN_MS = 600000
local CLOCKS_APART_MS = 5000 -- most between the time of a message's id and Redis' clock
local TRIMMED_EACH = 100 -- seqs, between two looks at what recent need not keep
local DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz'

local function now()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

-- Whole numbers as text: as an integer, for which the C library needs a tenth of what it needs for a double.
local function int(n) return string.format('%d', n) end

-- Whether a whole number is below another, both as text: reading one takes longer than most commands do for a field.
local function is_below(a, b) return #a < #b or #a == #b and a < b end

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
  if room.run == run and room.epoch and not is_below(room.seq, known) then return end
  local ms = now()
  local f = redis.call('HMGET', key, 'epochs', 'first')
  local epochs = f[1] or ''
  if room.epoch then epochs = remember(epochs, room.epoch, f[2] or '1', room.seq) end
  -- A Redis that was emptied remembers nothing: the clock alone is above all that was given, as long as a room takes
  -- less than a thousand messages a second. To the millisecond, as it may be emptied twice in a second.
  local seq = math.max(tonumber(room.seq), tonumber(known), ms - EPOCH_ZERO)
  local epoch = new_epoch(ms, epochs)
  redis.call('HSET', key, 'run', run, 'epoch', epoch, 'first', int(seq + 1), 'epochs', epochs, 'seq', int(seq))
  room.run, room.epoch, room.seq = run, epoch, int(seq)
end

-- The room's log as it stands, its numbers as text, or nil while auth has not vouched for its members in this run of
-- Redis.
local function load(key, run)
  local f = redis.call('HMGET', key, 'loaded', 'run', 'epoch', 'seq', 'stored', 'mv')
  if not f[1] or f[1] ~= run then return nil end
  return { run = f[2], epoch = f[3], seq = f[4] or '0', stored = f[5] or '0', mv = f[6] or '0', seen = false }
end

-- A member's value is `role` or `role,muted-until` (milliseconds; 0: for ever).
local function standing(value, ms)
  local role, muted = string.match(value, '^([a-z]+),?(%d*)$')
  if not role then return nil, false end
  return role, muted ~= '' and (muted == '0' or tonumber(muted) > ms)
end

-- The ten minutes in which it is `ms`, and those before, by Redis' clock only: two callers near a boundary agree.
local function generations(ms)
  local number = math.floor(ms / SEEN_MS)
  return { parity = number % 2, present = int(number), past = int(number - 1) }
end

-- What is known of keys in the hash of this ten minutes, and in the one before it; one that is of twenty minutes ago is
-- emptied first. The `count` of `fields` are '' and the keys' digests; the first hash is `keys[hashes]`.
local function seen_before(keys, hashes, generation, fields, count)
  local key = keys[hashes + generation.parity]
  local present = redis.call('HMGET', key, unpack(fields, 1, count))
  if present[1] ~= generation.present then
    if present[1] then redis.call('UNLINK', key) end
    present = nil
  end
  local past = redis.call('HMGET', keys[hashes + 1 - generation.parity], unpack(fields, 1, count))
  if past[1] ~= generation.past then past = nil end
  return key, present, past
end

-- What is kept of the accepted key with this number: 12 bytes digest of the content, 16 bytes message id, `epoch:seq`.
local function seen(present, past, number)
  local value = present and present[number + 1] or past and past[number + 1]
  if not value then return nil end
  local epoch, seq = string.match(value, '^([a-z0-9]+):(%d+)$', 29)
  return { content = string.sub(value, 1, 12), id = string.sub(value, 13, 28), epoch = epoch, seq = seq }
end

-- room_enter: what a joining or reading member must know of the room. KEYS 1, 2, then the room's online hash.
-- ARGV: 1 run  2 highest seq known to the caller  3 user
-- Replies {'ok', epoch, seq, role or '', visibility, mv, stored, epochs, first seq of the epoch, people online} or
-- {'unloaded'}.
local function room_enter(keys, args)
  local room = load(keys[1], args[1])
  if not room then return { 'unloaded' } end
  open(room, keys[1], args[1], args[2])
  local f = redis.call('HMGET', keys[1], 'visibility', 'epochs', 'first')
  local value = redis.call('HGET', keys[2], args[3])
  local role = value and standing(value, 0) or ''
  return {
    'ok', room.epoch, room.seq, role, f[1] or 'private', room.mv, room.stored, f[2] or '', f[3] or '1',
    redis.call('HGET', keys[3], '') or '0',
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

-- Why a message may have no place in this room, by who sends it; nil where it may.
local function refusal(key, value, ms)
  if value == 'member' then return nil end
  if not value then return 'denied' end
  local role, muted = standing(value, ms)
  if not role then return 'denied' end
  if muted then return 'muted' end
  if role == 'guest' and not string.find(redis.call('HGET', key, 'policy') or '', 'guests_send', 1, true) then
    return 'forbidden'
  end
  return nil
end

-- Where in ARGV a message of a `room_accept` has what, and how many arguments and a room how many keys.
local USER, ID, TIME, NOT_AFTER, KEY, CONTENT, TAIL, TRACE = 0, 1, 2, 3, 4, 5, 6, 7
local ARGUMENTS, KEYS_OF_A_ROOM = 8, 7

-- Whether the room has no place for one more: too much that the archive lacks, or so many keys that one more could not
-- be remembered and would be accepted twice.
local function is_full(keys, k, room, present, call)
  if present and redis.call('HLEN', room.seen) > call.most_seen then return true end
  return room.seq ~= room.stored and tonumber(room.seq) - tonumber(room.stored) >= call.most_lacked
    and redis.call('XLEN', keys[k + 3]) >= call.most_lacked
end

-- Puts an envelope where readers look and where the archive's writer does. It fails, where the first is spoilt, before
-- anything else of the room is written.
local function append(keys, k, seq, envelope, trace, bytes)
  local added = redis.pcall('XADD', keys[k + 3], seq .. '-0', 'e', envelope)
  if type(added) == 'table' then
    redis.call('DECRBY', keys[k + 7], bytes)
    error(added)
  end
  if trace == '' then
    redis.call('XADD', keys[k + 6], '*', 'e', envelope)
  else
    redis.call('XADD', keys[k + 6], '*', 'e', envelope, 't', trace)
  end
end

-- Keeps of recent what the archive lacks, and the newest at least: by number, as seq jumps from epoch to epoch. Streams
-- are trimmed by whole nodes of about as many entries as lie between two calls.
local function trim(recent, room, last, count, keep)
  if last % TRIMMED_EACH + count < TRIMMED_EACH then return end
  local most = math.max(last + count - tonumber(room.stored), keep)
  redis.call('XTRIM', recent, 'MAXLEN', '~', int(most))
end

-- Gives their places to messages, each by where it stands in ARGV; returns their seqs as text, or nil where the room or
-- its partition has no place for them.
local function place(keys, k, args, room, accepted, present, known, call)
  if is_full(keys, k, room, present, call) then return nil end
  open(room, keys[k + 1], args[1], known)
  local head, middle = '{"v":1,"epoch":"' .. room.epoch .. '","seq":', ',"mv":' .. room.mv .. ','
  local tie = room.epoch .. ':'
  local last, count, bytes = tonumber(room.seq), #accepted, 0
  local seqs, envelopes = { nil, nil, nil, nil }, { nil, nil, nil, nil }
  local noted, note = { 'HSET', room.seen, nil, nil, nil, nil, nil, nil }, 2
  if not present then noted[3], noted[4], note = '', call.generation.present, 4 end
  for i = 1, count do
    local at = accepted[i]
    local seq = int(last + i)
    local envelope = head .. seq .. middle .. args[at + TAIL]
    seqs[i], envelopes[i], bytes = seq, envelope, bytes + #envelope
    noted[note + 1], noted[note + 2] = args[at + KEY], args[at + CONTENT] .. args[at + ID] .. tie .. seq
    note = note + 2
  end
  -- What may fail on a spoilt key comes before anything is written: these fail where the key is no stream, or no count.
  local log = keys[k + 6]
  local unstored = redis.call('XLEN', log)
  if redis.call('INCRBY', keys[k + 7], bytes) - bytes >= call.most_bytes then
    redis.call('DECRBY', keys[k + 7], bytes)
    return nil
  end
  for i = 1, count do append(keys, k, seqs[i], envelopes[i], args[accepted[i] + TRACE], bytes) end
  local recent = keys[k + 3]
  trim(recent, room, last, count, call.keep)
  -- Something is to be stored again: where all was, or this epoch had nothing yet, the log may have been about to expire.
  redis.call('PERSIST', recent)
  redis.call(unpack(noted, 1, note))
  if not present then redis.call('PEXPIRE', room.seen, 2 * SEEN_MS) end
  redis.call('HSET', keys[k + 1], 'seq', seqs[count])
  for i = 1, count do redis.call('SPUBLISH', keys[k + 1], envelopes[i]) end
  -- Wakes who writes it into the archive; where something is there already, they have been told, or look again.
  if unstored == 0 then redis.call('SPUBLISH', log, '') end
  return seqs
end

-- room_accept for one room, whose keys follow `keys[k]` and whose messages begin at `args[from]`: the reply to each.
--
-- Tables are made as large as they mostly get, as growing is what Lua needs most of its time for.
local function accept(keys, k, args, from, count, known, call)
  local room = load(keys[k + 1], args[1])
  local present, past, values
  if room then
    local fields, users = { '', nil, nil, nil }, { nil, nil, nil, nil }
    for i = 1, count do
      local at = from + (i - 1) * ARGUMENTS
      fields[i + 1], users[i] = args[at + KEY], args[at + USER]
    end
    room.seen, present, past = seen_before(keys, k + 4, call.generation, fields, count + 1)
    values = redis.call('HMGET', keys[k + 2], unpack(users, 1, count))
  end
  local replies, accepted, must_wait = { nil, nil, nil, nil }, { nil, nil, nil, nil }, false
  -- Of a call for several: which of the accepted has this key; and of those that are the same as one accepted, which.
  local here, twins = count > 1 and {}, count > 1 and {}

  -- The reply, or nothing where the message is to have its place, or that of its twin.
  local function judge(i, at)
    if must_wait then return { 'after' } end
    if is_below(args[at + NOT_AFTER], call.time) then
      must_wait = true
      return { 'late', call.time }
    end
    if not room then return { 'unloaded' } end
    -- What has its place is told to its sender whatever was decided about them since: the first answer may be lost.
    local before = seen(present, past, i)
    if before and before.content == args[at + CONTENT] then
      -- The same message id is this very call, repeated after a lost reply: not a duplicate to the client.
      local word = before.id == args[at + ID] and 'ok' or 'duplicate'
      return { word, before.epoch, before.seq, before.id, room.stored }
    end
    -- One of this call has the same key.
    local twin = here and here[args[at + KEY]]
    local is_same = twin and args[accepted[twin] + CONTENT] == args[at + CONTENT]
    local word = refusal(keys[k + 1], values[i], call.ms)
    if word and not is_same then return { word } end
    if before or twin and not is_same then return { 'conflict' } end
    if twin then
      twins[i] = twin
      return nil
    end
    if is_below(args[at + TIME], call.earliest) or is_below(call.latest, args[at + TIME]) then
      must_wait = true
      return { 'clock', call.time }
    end
    accepted[#accepted + 1] = at
    if here then here[args[at + KEY]] = #accepted end
    return nil
  end

  for i = 1, count do replies[i] = judge(i, from + (i - 1) * ARGUMENTS) or false end
  if #accepted == 0 then return replies end
  local seqs = place(keys, k, args, room, accepted, present, known, call)
  local number = 0
  for i = 1, count do
    if not replies[i] then
      local twin = twins and twins[i]
      if not twin then number = number + 1 end
      local at = accepted[twin or number]
      replies[i] = seqs and { twin and 'duplicate' or 'ok', room.epoch, seqs[twin or number], args[at + ID], room.stored }
        or { 'overloaded' }
    end
  end
  return replies
end

-- room_accept: gives messages their places, those of each room in this order.
-- KEYS: of one room after another.
-- ARGV: 1 run  2 seqs kept in recent  3 most kept while the archive lags  4 most bytes in the log  5 most keys remembered
-- in ten minutes, then of each room: highest seq known to the caller, number of its messages, some dozens at most, and
-- of each of these: user, message id (16 bytes), its time (ms), not after (ms), digest of user and key (12 bytes), digest
-- of the content (12 bytes), tail of the envelope, traceparent
-- Replies for each message {'ok'|'duplicate', epoch, seq, id, stored} or {word}: unloaded, denied, muted, forbidden,
-- conflict, overloaded; with Redis' time: late, clock; `after`, for what follows one of these two in its room: that one
-- may be tried again, and come before it; an error for all of a room that is spoilt: one of its keys is of another type.
local function room_accept(keys, args)
  local ms = now()
  local call = {
    ms = ms, time = int(ms), earliest = int(ms - CLOCKS_APART_MS), latest = int(ms + CLOCKS_APART_MS),
    generation = generations(ms), keep = tonumber(args[2]), most_lacked = tonumber(args[3]), most_bytes = tonumber(args[4]),
    most_seen = tonumber(args[5]),
  }
  local answers = {}
  local at = 6
  for k = 0, #keys - 1, KEYS_OF_A_ROOM do
    local known, count = args[at], tonumber(args[at + 1])
    -- A room that is spoilt is no reason to refuse the others.
    local is_done, replies = pcall(accept, keys, k, args, at + 2, count, known, call)
    local failure = not is_done and { err = type(replies) == 'table' and replies.err or 'ERR ' .. tostring(replies) }
    for i = 1, count do answers[#answers + 1] = failure or replies[i] end
    at = at + 2 + count * ARGUMENTS
  end
  return answers
end

-- room_seen: whether a key has been accepted, giving no place to anything.
-- ARGV: 1 run  2 user  3 digest of user and key  4 digest of the content
-- Replies {'duplicate', epoch, seq, id, stored}, {'unseen', since when every key accepted is known (ms), the oldest
-- envelope that the archive lacks or ''}, or {word}: unloaded, denied, conflict.
local function room_seen(keys, args)
  local ms = now()
  local room = load(keys[1], args[1])
  if not room then return { 'unloaded' } end
  local _, present, past = seen_before(keys, 4, generations(ms), { '', args[3] }, 2)
  local before = seen(present, past, 1)
  if before and before.content == args[4] then
    return { 'duplicate', before.epoch, before.seq, before.id, room.stored }
  end
  if redis.call('HEXISTS', keys[2], args[2]) == 0 then return { 'denied' } end
  if before then return { 'conflict' } end
  -- A hash that is not there is one that nothing was put in, or one that was lost: what stands in the log decides.
  local since = ms
  if present then since = math.floor(ms / SEEN_MS) * SEEN_MS end
  if present and past then since = since - SEEN_MS end
  local oldest = ''
  if is_below(room.stored, room.seq) then
    local entry = redis.call('XRANGE', keys[3], '(' .. room.stored .. '-0', '+', 'COUNT', 1)[1]
    if entry then oldest = entry[2][2] end
  end
  return { 'unseen', int(since), oldest }
end

redis.register_function('room_enter', room_enter)
redis.register_function('room_roles', room_roles)
redis.register_function('room_seen', room_seen)
redis.register_function('room_accept', room_accept)
