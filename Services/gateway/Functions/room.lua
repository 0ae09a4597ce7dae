#!lua name=parley_room_1

-- The room's log. Everything that must be one decision about a room is one function here. Redis does not roll back: a
-- message is checked before anything of it is written, what was written is taken out again where the next write fails, and
-- `seq` is written last.
--
-- KEYS of each, and of each room of a room_accept: 1 room hash (also the name of its channel). Its other keys begin with
-- that name, those of its partition with the tag: all have its slot, and being given them cost more than making them.

local EPOCHS_KEPT = 16
local EPOCH_ZERO = 1735689600000 -- 2025-01-01, in milliseconds
local SEEN_MS = 600000
local SEEN_TEXT, SEEN_TWICE = '600000', '1200000' -- a number is written as a double first
local CLOCKS_APART_MS = 5000 -- most between the time of a message's id and Redis' clock
local LOOKED_EACH = 100 -- seqs, between two looks at how much a room keeps
local LOTS = 1024 -- that a full log is counted in
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
-- from Redis itself: a room that knows less, or no seq at all, has lost its tail.
local function open(room, key, run, known)
  if room.run == run and room.epoch and not room.is_lost and not is_below(room.seq, known) then return end
  local ms = now()
  local f = redis.call('HMGET', key, 'epochs', 'first')
  local epochs = f[1] or ''
  if room.epoch then epochs = remember(epochs, room.epoch, f[2] or '1', room.seq) end
  -- A Redis that was emptied remembers nothing: the clock alone is above all that was given, as long as a room takes
  -- less than a thousand messages a second. To the millisecond, as it may be emptied twice in a second.
  local seq = math.max(tonumber(room.seq), tonumber(known), ms - EPOCH_ZERO)
  local epoch = new_epoch(ms, epochs)
  redis.call('HSET', key, 'run', run, 'epoch', epoch, 'first', int(seq + 1), 'epochs', epochs, 'seq', int(seq))
  redis.call('HDEL', key, 'ready')
  -- Where all was stored all still is: that the two are equal says so.
  -- Of a room that was deleted nothing says so: `stored` stays at 0.
  if room.epoch and not room.is_lost and room.stored == room.seq then
    redis.call('HSET', key, 'stored', int(seq))
    room.stored = int(seq)
  end
  room.run, room.epoch, room.seq = run, epoch, int(seq)
end

-- The room's log as it stands, its numbers as text, or nil while auth has not vouched for its members in this run of
-- Redis.
local function load(key, run)
  local f = redis.call('HMGET', key, 'loaded', 'run', 'epoch', 'seq', 'stored', 'mv', 'seen')
  if f[1] ~= run then return nil end
  return { run = f[2], epoch = f[3], is_lost = not f[4], seq = f[4] or '0', stored = f[5] or '0', mv = f[6] or '0', seen = f[7] }
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
  local present = int(number)
  return {
    parity = number % 2, present = present, past = int(number - 1), next = int(number + 1), alone = present .. ' alone',
  }
end

-- Whether a hash with this stamp is of the ten minutes with this number: of one without, as it was deleted and has only what
-- was put in since, the room tells.
local function is_of(stamp, seen, number)
  return stamp == number or not stamp and (seen == number or seen == number .. ' alone')
end

-- Makes ready the hash in which a room remembers the keys of these ten minutes; one that is of twenty minutes ago is
-- emptied first. Returns it, the one of the ten minutes before where there is one, and what the room's `seen` is to be.
local function renew_memory(seen, hash, other, generation)
  -- Of a room that has been silent since before these, what the hashes hold is past.
  local newest = seen and string.match(seen, '^%d+')
  local stamp, others
  if not newest or not is_below(newest, generation.past) then
    stamp, others = redis.call('HGET', hash, ''), redis.call('HGET', other, '')
    -- The clock was set back: what is remembered for later counts, and is added to.
    if others == generation.next then return other, stamp == generation.present and hash or nil, seen end
  end
  if stamp ~= generation.present then
    redis.call('UNLINK', hash)
    redis.call('HSET', hash, '', generation.present)
    redis.call('PEXPIRE', hash, SEEN_TWICE)
  end
  local past = is_of(others, seen, generation.past) and other or nil
  if past and not others then redis.call('PEXPIRE', other, SEEN_TEXT) end
  return hash, past, past and generation.present or generation.alone
end

-- The same, as the room says; only the first that comes in ten minutes has to look.
local function memory(room, key, generation)
  local hash, other = key .. ':seen:' .. generation.parity, key .. ':seen:' .. 1 - generation.parity
  if room.seen == generation.alone then return hash, nil, room.seen end
  if room.seen == generation.present then return hash, other, room.seen end
  return renew_memory(room.seen, hash, other, generation)
end

-- The reply to a message whose key was accepted before, where it is of the same content: what is remembered is 12 bytes
-- digest of the content, 16 bytes message id, `epoch:seq`.
local function placed(remembered, content, id, stored)
  if string.sub(remembered, 1, 12) ~= content then return nil end
  local before = string.sub(remembered, 13, 28)
  -- The same message id is this very call, repeated after a lost reply: not a duplicate to the client.
  return { before == id and 'ok' or 'duplicate', string.sub(remembered, 29), stored, before }
end

-- room_enter: what a joining or reading member must know of the room. KEYS 1, members, online.
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

-- room_roles: who of these is a member, and in which version of the list. KEYS 1, members.
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

-- How many arguments a message of a `room_accept` has: its user, its mark, the tail of its envelope. Each argument costs
-- Redis as much as two cuts out of a string: so what a message has of fixed lengths is one, its mark.
local ARGUMENTS = 3

local MARK = 46 -- bytes, before its traceparent

local AFTER, OVERLOADED = { 'after' }, { 'overloaded' } -- replies that are the same for all

-- A time in a mark, six bytes: an id begins with its own (RFC 9562, section 5.7).
local function milliseconds(mark, at)
  local a, b, c, d, e, f = string.byte(mark, at, at + 5)
  return ((((a * 256 + b) * 256 + c) * 256 + d) * 256 + e) * 256 + f
end

-- Whether a room has no place for one more: too much that the archive lacks, or so many keys that one more could not be
-- remembered and would be accepted twice.
local function is_full(hash, recent, lacked, call)
  return redis.call('HLEN', hash) > call.most_seen
    or lacked >= call.most_lacked and redis.call('XLEN', recent) >= call.most_lacked
end

-- How many bytes each partition's count of what the archive lacks is behind; of one that had no place when it was counted, or
-- that was not counted yet, nothing. A Redis that stops takes with it less than a lot of each.
local uncounted = {}

-- Whether a partition has no place for more. Bytes are counted by lots, as to count those of each message would be a write of
-- its own.
local function is_partition_full(unstored, call)
  local lacking = uncounted[unstored]
  if lacking and lacking < call.lot then return false end
  local bytes = redis.call('INCRBY', unstored .. ':bytes', int(lacking or 0))
  uncounted[unstored] = bytes < call.most_bytes and 0 or nil
  return bytes >= call.most_bytes
end

-- What the keys of a room's partition begin with.
local function tag_of(key) return string.sub(key, 1, string.find(key, '}', 1, true)) end

-- What the partition's sets have of the room.
local function name_of(key, tag) return string.sub(key, #tag + #':room:' + 1, -1) end

-- Puts an envelope where the archive's writer and readers find it; returns the error where that is spoilt.
local function append(recent, unstored, seq, envelope, mark)
  local added
  if #mark == MARK then
    added = redis.pcall('XADD', recent, seq, 'e', envelope)
  else
    added = redis.pcall('XADD', recent, seq, 'e', envelope, 't', string.sub(mark, MARK + 1))
  end
  if type(added) ~= 'table' then
    uncounted[unstored] = uncounted[unstored] + #envelope
    return nil
  end
  return added
end

-- Notes that the room may have a log, for `log_sweep`, which will look when it can be forgotten: now at the latest, should
-- a clock have been ahead.
local function note_log(key, call)
  local tag = tag_of(key)
  redis.pcall('ZADD', tag .. ':logs', 'LT', call.time, name_of(key, tag))
  -- Builds before the first release gave a log a time to live while all of it was stored.
  redis.pcall('PERSIST', key .. ':recent')
end

-- What a message has to know of its room: epoch, mv, seq, stored, and the hashes in which to remember its key and to look
-- for it; nothing where the room is not loaded. What seldom changes the room has in one field, `ready`, which who changes
-- a part of it removes: a reply of seven fields took Redis as long as adding to a stream.
local function look(key, run, known, call)
  local f = redis.call('HMGET', key, 'ready', 'seq', 'stored')
  local ready, seq = f[1], f[2]
  if ready and string.sub(ready, 1, #call.ready) == call.ready and seq and not is_below(seq, known) then
    local is_alone, epoch, mv = string.match(ready, '^(%d) (%S+) (%d+)$', #call.ready + 1)
    if mv then return epoch, mv, seq, f[3] or '0', key .. call.hash, is_alone == '0' and key .. call.other or nil end
  end
  local room = load(key, run)
  if not room then return nil end
  open(room, key, run, known)
  note_log(key, call)
  local hash, past, seen = memory(room, key, call.generation)
  if hash == key .. call.hash then
    local ready = call.ready .. (past and '0 ' or '1 ') .. room.epoch .. ' ' .. room.mv
    redis.call('HSET', key, 'seen', seen, 'ready', ready)
  end
  return room.epoch, room.mv, room.seq, room.stored, hash, past
end

-- The reply where something is spoilt, from what `pcall` says.
local function as_error(why) return { err = type(why) == 'table' and why.err or 'ERR ' .. tostring(why) } end

-- room_accept for one room, whose messages begin at `args[at]`: adds the reply to each.
--
-- All that it knows stands in locals: a table of it, handed to functions, took a tenth of the time of a message. A message
-- has its place when its key is remembered (HSETNX tells whether it was known, too), counted and in the room's stream.
local function accept(key, args, at, count, known, call, replies)
  local redis_call, sub = redis.call, string.sub
  local epoch, mv, newest, stored, hash, past = look(key, args[1], known, call)
  local recent, unstored, enlisted, last, lacked, is_full_up = key .. ':recent', nil, nil, nil, nil, nil
  if epoch then
    last = tonumber(newest)
    if last % LOOKED_EACH + count >= LOOKED_EACH then
      lacked = last - tonumber(stored)
      is_full_up = is_full(hash, recent, lacked, call)
    end
  end
  -- All had been stored, or nobody knows, so that the archive's writer does not have the room.
  local is_quiet = stored == newest or stored == '0'
  local accepted, user, value, stop = 0, nil, nil, nil
  for i = 1, count do
    local mark, reply = args[at + 1], nil
    if stop then
      reply = stop
    elseif call.may_be_late and milliseconds(mark, 41) < call.ms then
      reply, stop = { 'late', call.time }, AFTER
    elseif not epoch then
      reply = { 'unloaded' }
    else
      -- Those who follow each other are mostly of one sender.
      if user ~= args[at] then
        user = args[at]
        value = redis_call('HGET', key .. ':members', user)
      end
      local word, time, digest = refusal(key, value, call.ms), milliseconds(mark, 25), sub(mark, 1, 12)
      local is_off = time < call.earliest or time > call.latest
      local before = past and redis_call('HGET', past, digest)
      if not before and not word and not is_off and not is_full_up then
        local seq = int(last + accepted + 1)
        local position = epoch .. ':' .. seq
        if redis_call('HSETNX', hash, digest, sub(mark, 13, 40) .. position) == 1 then
          local failure
          -- Before anything stands in the stream, as these fail on what is spoilt.
          if not unstored then
            local tag = tag_of(key)
            unstored = tag .. ':unstored'
            local is_counted, answer = pcall(is_partition_full, unstored, call)
            if is_counted then is_full_up = answer else failure = as_error(answer) end
            -- Each hundred seqs too, should somebody have taken the room out.
            if not failure and not is_full_up and (is_quiet or lacked) then
              enlisted = redis.pcall('ZADD', unstored, 'NX', call.time, name_of(key, tag))
              if type(enlisted) == 'table' then failure = enlisted end
            end
          end
          local envelope = '{"v":1,"epoch":"' .. epoch .. '","seq":' .. seq .. ',"mv":' .. mv .. ',' .. args[at + 2]
          failure = failure or not is_full_up and append(recent, unstored, seq, envelope, mark)
          if failure or is_full_up then
            redis_call('HDEL', hash, digest)
            reply, stop = failure or OVERLOADED, failure
          else
            accepted, newest = accepted + 1, seq
            -- Where who calls may not publish it has its place all the same: gateways look into quiet rooms.
            redis.pcall('SPUBLISH', key, envelope)
            reply = position
          end
        end
      end
      if not reply then
        -- What has its place is told to its sender whatever was decided about them since: the first answer may be lost.
        before = before or redis_call('HGET', hash, digest)
        reply = before and placed(before, sub(mark, 13, 24), sub(mark, 25, 40), stored)
          or word and { word } or before and { 'conflict' } or is_off and { 'clock', call.time } or OVERLOADED
        if reply[1] == 'clock' then stop = AFTER end
      end
    end
    replies[#replies + 1] = reply
    at = at + ARGUMENTS
  end
  if accepted == 0 then return end
  -- Recent keeps what the archive lacks, and the newest at least: by number, as seq jumps from epoch to epoch. Streams are
  -- trimmed by whole nodes of about as many entries as lie between two looks.
  if lacked then redis.pcall('XTRIM', recent, 'MAXLEN', '~', int(math.max(lacked + accepted, call.keep))) end
  redis_call('HSET', key, 'seq', newest)
  -- Wakes who writes it into the archive; where another room is there already, they have been told, or look again.
  if enlisted == 1 and redis_call('ZCARD', unstored) == 1 then redis.pcall('SPUBLISH', unstored, '') end
end

-- room_accept: gives messages their places, those of each room in this order.
-- KEYS: the hash of each room.
-- ARGV: 1 run  2 seqs kept in recent  3 most kept while the archive lags  4 most bytes of a partition that the archive lacks
-- 5 most keys remembered in ten minutes (3 and 5 are looked at each hundred seqs)  6 the least of all `not after`  7 how many
-- messages of each room there are, a byte each, some dozens at most  then of each room: highest seq known to the caller, and
-- of each of its messages: user, mark, tail of the envelope. A mark: digest of user and key (12 bytes), digest of the content
-- (12 bytes), message id (16 bytes), not after (ms, 6 bytes), traceparent
-- Replies for each message `epoch:seq` where that is its place now; {'ok'|'duplicate', `epoch:seq`, stored, id} where it
-- had one before, asked for by this very id or by another; or {word}: unloaded, denied, muted, forbidden, conflict,
-- overloaded; with Redis' time: late, clock; `after`, for what follows one of these two in its room: that one may be tried
-- again, and come before it; an error for what is of a room that is spoilt: one of its keys is of another type.
local function room_accept(keys, args)
  local ms = now()
  local generation, most_bytes = generations(ms), tonumber(args[4])
  -- What builds before the first release put into `ready` began with the run, and is not believed: they left logs that expire.
  local call = {
    ms = ms, time = int(ms), earliest = ms - CLOCKS_APART_MS, latest = ms + CLOCKS_APART_MS, generation = generation,
    ready = generation.present .. ' ' .. args[1] .. ' ', hash = ':seen:' .. generation.parity,
    other = ':seen:' .. 1 - generation.parity, keep = tonumber(args[2]), most_lacked = tonumber(args[3]),
    most_bytes = most_bytes, lot = most_bytes / LOTS, most_seen = tonumber(args[5]), may_be_late = tonumber(args[6]) < ms,
  }
  local replies = {}
  local at = 8
  for k = 1, #keys do
    local known, count, before = args[at], string.byte(args[7], k), #replies
    -- A room that is spoilt is no reason to refuse the others.
    local is_done, why = pcall(accept, keys[k], args, at + 1, count, known, call, replies)
    if not is_done then
      local failure = as_error(why)
      for i = 1, count do replies[before + i] = failure end
    end
    at = at + 1 + count * ARGUMENTS
  end
  return replies
end

-- room_seen: whether a key has been accepted, giving no place to anything.
-- ARGV: 1 run  2 user  3 digest of user and key  4 digest of the content
-- Replies {'duplicate', `epoch:seq`, stored, id}, {'unseen', since when every key accepted is known (ms), the oldest
-- envelope that the archive lacks or ''}, or {word}: unloaded, denied, conflict.
local function room_seen(keys, args)
  local ms = now()
  local key = keys[1]
  local room = load(key, args[1])
  if not room then return { 'unloaded' } end
  local generation = generations(ms)
  local hash, other = key .. ':seen:' .. generation.parity, key .. ':seen:' .. 1 - generation.parity
  local present, past = redis.call('HMGET', hash, '', args[3]), redis.call('HMGET', other, '', args[3])
  -- One without its stamp, as somebody deleted the hash, has what was put in since.
  local is_present = present[1] == generation.present
  local is_used = is_present or room.seen == generation.present or room.seen == generation.alone
  -- The other is of the ten minutes before, or where the clock was set back of those to come.
  local is_past, is_next = past[1] == generation.past, past[1] == generation.next
  local is_counted = is_next or is_of(past[1], room.seen, generation.past)
    or not past[1] and room.seen == generation.present
  local before = is_used and present[2] or is_counted and past[2]
  local told = before and placed(before, args[4], nil, room.stored)
  if told then return told end
  if redis.call('HEXISTS', key .. ':members', args[2]) == 0 then return { 'denied' } end
  if before then return { 'conflict' } end
  -- A hash that is not there was lost, unless the room says that nothing was put in since these ten minutes began.
  local since = ms
  local newest = room.seen and string.match(room.seen, '^%d+')
  if is_present or newest and is_below(newest, generation.present) then
    since = math.floor(ms / SEEN_MS) * SEEN_MS
    if is_past then since = since - SEEN_MS end
  end
  local oldest = ''
  if is_below(room.stored, room.seq) then
    local entry = redis.call('XRANGE', key .. ':recent', '(' .. room.stored .. '-0', '+', 'COUNT', 1)[1]
    if entry then oldest = entry[2][2] end
  end
  return { 'unseen', int(since), oldest }
end

redis.register_function('room_enter', room_enter)
-- Both only read, also where Redis is full; not `no-writes`, as a primary that has become a replica must not answer.
redis.register_function{ function_name = 'room_roles', callback = room_roles, flags = { 'allow-oom' } }
redis.register_function{ function_name = 'room_seen', callback = room_seen, flags = { 'allow-oom' } }
redis.register_function('room_accept', room_accept)
