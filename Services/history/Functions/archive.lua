#!lua name=parley_archive_1

-- The way of a partition's rooms into the archive. What settles anything compares the lease with the caller's token first:
-- an owner that was away too long changes nothing any more.

local DEAD_KEPT = 10000
-- No fewer than a batch has entries: when a room is said to be stored so far, all its dead letters are noted.
local DEAD_NOTED = 1000
local MOST = 2 ^ 53 -- beyond, not all whole numbers are there

local function now()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

-- What the names of a partition's rooms' hashes begin with, from one of the partition's keys. A room's keys have the slot of
-- the partition's, and are made here: to be given them cost more.
local function prefix(key) return string.sub(key, 1, string.find(key, '}', 1, true)) .. ':room:' end

-- What a room's hash has. A key of another type has nothing, and what should be a number and is none counts as absent:
-- a room that somebody has spoilt must not hold up the others of its partition.
local function fields(key, ...)
  local f = redis.pcall('HMGET', key, ...)
  return f.err and {} or f
end

-- What Lua reads as a whole number, which takes half as long as looking for digits: neither `nan` nor `inf` is one.
local function whole(text)
  local n = text and tonumber(text)
  return n and n >= 0 and n < MOST and n % 1 == 0 and n or nil
end

-- log_lease: takes or renews the lease of a partition.
-- KEYS: 1 lease  ARGV: 1 owner's token  2 milliseconds. Replies 1 where it is the caller's now, else 0.
local function log_lease(keys, args)
  local owner = redis.call('GET', keys[1])
  if owner and owner ~= args[1] then return 0 end
  redis.call('SET', keys[1], args[1], 'PX', args[2])
  return 1
end

-- log_release: gives the lease back. KEYS: 1 lease  ARGV: 1 owner's token
local function log_release(keys, args)
  if redis.call('GET', keys[1]) ~= args[1] then return 0 end
  redis.call('DEL', keys[1])
  return 1
end

-- instance_announce: tells that an instance is there, and how many are; by Redis' clock, which all share.
-- KEYS: 1 instances  ARGV: 1 token  2 milliseconds for which it holds; 0: it is not to be counted any more
-- Replies {number of instances, rank of the caller among them, from 0}.
local function instance_announce(keys, args)
  local ms = now()
  redis.call('ZREMRANGEBYSCORE', keys[1], '-inf', string.format('%.0f', ms))
  if args[2] == '0' then
    redis.call('ZREM', keys[1], args[1])
  else
    -- Nobody can be there for longer than that (twice, as clocks are corrected a little): what says so is from before
    -- the clock was set back, or from no instance.
    redis.call('ZREMRANGEBYSCORE', keys[1], string.format('(%.0f', ms + 2 * tonumber(args[2])), '+inf')
    redis.call('ZADD', keys[1], string.format('%.0f', ms + tonumber(args[2])), args[1])
    redis.call('PEXPIRE', keys[1], args[2])
  end
  local rank = 0
  local instances = redis.call('ZRANGE', keys[1], 0, -1)
  for i = 1, #instances do
    if instances[i] < args[1] then rank = rank + 1 end
  end
  return { #instances, rank }
end

-- Lays an entry of a room's stream where people look for what the archive could not take.
local function bury(dead, room, recent, seq, reason, detail)
  local found = redis.pcall('XRANGE', recent, seq, seq)
  local entry = found.err and {} or found[1] and found[1][2] or {}
  local envelope = ''
  for i = 1, #entry, 2 do
    if entry[i] == 'e' then envelope = entry[i + 1] end
  end
  redis.call('XADD', dead, 'MAXLEN', '~', DEAD_KEPT, '*', 'e', envelope, 'room', room, 'seq', seq, 'reason', reason,
    'detail', detail)
end

-- Notes in the room at which positions dead letters were to stand: for senders who look.
local function note_dead(key, positions)
  local f = fields(key, 'seq', 'dead')
  if not f[1] then return end
  local is_new, noted = {}, {}
  for i = 1, #positions do is_new[positions[i]] = true end
  for position in string.gmatch(f[2] or '', '%S+') do
    if not is_new[position] then noted[#noted + 1] = position end
  end
  for i = 1, #positions do
    if is_new[positions[i]] then noted[#noted + 1] = positions[i] end
    is_new[positions[i]] = nil
  end
  redis.call('HSET', key, 'dead', table.concat(noted, ' ', math.max(1, #noted - DEAD_NOTED + 1)))
end

-- The newest seq that was accepted: an epoch in which nothing was yet has given none of its numbers. Where the room remembers
-- none that has something, it may be any.
local function newest_accepted(key, seq)
  local f = fields(key, 'first', 'epochs')
  if seq >= (whole(f[1]) or 1) then return seq end
  local newest
  for from, to in string.gmatch(f[2] or '', ':(%d+):(%d+)') do
    if tonumber(to) >= tonumber(from) then newest = tonumber(to) end
  end
  return newest or seq
end

-- Whether nothing stands in a room's stream above this seq, and no further than another: what was to stand there has been
-- lost.
local function is_lost(recent, seq, newest)
  local found = redis.pcall('XRANGE', recent, string.format('%.0f', seq + 1), string.format('%.0f', newest), 'COUNT', 1)
  return found.err or not found[1]
end

-- The same as `move` for a room that has nothing that tells how far it is: what is settled goes, so that the rest is read
-- next.
local function drop(recent, seq)
  redis.pcall('XTRIM', recent, 'MINID', string.format('%.0f', seq + 1))
  return is_lost(recent, seq, MOST - 1)
end

-- Moves how far a room is stored, and with it what must stay in its stream. `read` is false where nothing was found there.
-- Returns whether that is all of the room, and whether something of it has been lost.
local function move(key, text, read, keep)
  local recent, f = key .. ':recent', fields(key, 'stored', 'seq')
  local before, newest = whole(f[1]) or 0, whole(f[2])
  if not newest then return drop(recent, tonumber(text)) end
  -- No message of the room is further than that, whatever its stream says.
  local seq = text == f[2] and newest or math.min(tonumber(text), newest)
  -- Mostly it is the newest, which was accepted then.
  local accepted = seq < newest and newest_accepted(key, newest) or newest
  local has_lost = seq < accepted and not read and is_lost(recent, seq, newest)
  if has_lost then seq = accepted end
  -- Where all is stored the two are equal, also in an epoch that has nothing yet: so whoever adds to recent sees that nobody
  -- has the room to be stored.
  local is_all = seq >= accepted
  if seq <= before and not is_all then return false end
  local stored = is_all and f[2] or string.format('%.0f', seq)
  if stored ~= f[1] then redis.call('HSET', key, 'stored', stored) end
  -- `room_accept` trims too: what it had to leave there for the archive is the rest.
  if accepted - before > keep then
    redis.pcall('XTRIM', recent, 'MAXLEN', '~', string.format('%.0f', math.max(keep, accepted - seq)))
  end
  return is_all, has_lost
end

-- log_stored: what is committed, or settled as a dead letter. Lays dead letters aside, moves each room's `stored`, takes out
-- the rooms of which that is all, tells those who wait.
-- KEYS: 1 lease  2 unstored  3 its bytes  4 channel `stored`  5 dead letters
-- ARGV: 1 owner's token  2 bytes of the entries  3 seqs kept in recent  4 number of rooms  5 number of dead letters
-- then for each room: room, epoch ('': nothing to tell), seq, ms of the newest entry that was read ('': there was none)
-- then for each dead letter: which of the rooms, seq, reason, detail, `epoch:seq` or ''  then names that are no rooms of this
-- partition
-- Replies {'lost'} or {'ok', number of rooms left, number of rooms whose messages are gone}: of what came meanwhile nobody is
-- told.
local function log_stored(keys, args)
  if redis.call('GET', keys[1]) ~= args[1] then return { 'lost' } end
  local unstored, keep, rooms, letters = keys[2], tonumber(args[3]), tonumber(args[4]), tonumber(args[5])
  local hash, dead = prefix(unstored), {}
  for i = 1, letters do
    local at = 1 + rooms * 4 + i * 5
    local room, position = args[2 + 4 * tonumber(args[at])], args[at + 4]
    local key = hash .. room
    bury(keys[5], room, key .. ':recent', args[at + 1], args[at + 2], args[at + 3])
    if position ~= '' then
      dead[key] = dead[key] or {}
      table.insert(dead[key], position)
    end
  end
  for key, positions in pairs(dead) do note_dead(key, positions) end
  local told, left, gone = {}, {}, 0
  local done = { unpack(args, 6 + rooms * 4 + letters * 5) }
  for at = 6, 2 + rooms * 4, 4 do
    local room, epoch, seq, ms = args[at], args[at + 1], args[at + 2], args[at + 3]
    local is_all, has_lost = move(hash .. room, seq, ms ~= '', keep)
    if has_lost then gone = gone + 1 end
    if is_all then
      done[#done + 1] = room
    elseif ms ~= '' then
      -- What came since is no older than that.
      left[#left + 1] = ms
      left[#left + 1] = room
    end
    if epoch ~= '' then told[#told + 1] = room .. ' ' .. epoch .. ' ' .. seq end
  end
  if #done > 0 then redis.call('ZREM', unstored, unpack(done)) end
  if #left > 0 then redis.call('ZADD', unstored, 'XX', unpack(left)) end
  local count = redis.call('ZCARD', unstored)
  if count == 0 then
    redis.call('SET', keys[3], '0')
  elseif args[2] ~= '0' then
    redis.call('DECRBY', keys[3], args[2])
  end
  if #told > 0 then redis.call('SPUBLISH', keys[4], table.concat(told, '\n')) end
  return { 'ok', count, gone }
end

-- Looks at a room that is in nobody's charge. Returns whether its log can be forgotten: the archive has all that stands there,
-- and nothing has come since it was looked at before.
local function look_at(key, room, unstored, ms)
  local f = fields(key, 'seq', 'stored', 'looked')
  if f[1] ~= f[2] or not f[1] then
    -- The room may have been taken out of the set by hand. Nothing stands there in a new epoch that nobody has spoken in.
    local above = string.format('%.0f', (whole(f[2]) or 0) + 1)
    local rest = redis.pcall('XRANGE', key .. ':recent', above, '+', 'COUNT', 1)
    if not rest.err and rest[1] then
      redis.call('ZADD', unstored, ms, room)
      return false
    end
  end
  if not f[1] or f[1] == f[3] then return true end
  redis.call('HSET', key, 'looked', f[1])
  return false
end

-- log_sweep: forgets the logs of rooms that have been silent for so long. A log has no time to live of its own: the first
-- message that comes would have to take it away, and `log_stored` to give it back.
-- KEYS: 1 lease  2 unstored  3 logs  ARGV: 1 owner's token  2 seconds between two looks at a room  3 most rooms
-- Replies {'lost'} or {'ok', number of rooms that were looked at}: where that is the most, there may be more.
local function log_sweep(keys, args)
  if redis.call('GET', keys[1]) ~= args[1] then return { 'lost' } end
  local unstored, logs, hash, ms = keys[2], keys[3], prefix(keys[2]), now()
  local due = string.format('%.0f', ms - tonumber(args[2]) * 1000)
  local rooms = redis.pcall('ZRANGE', logs, '-inf', due, 'BYSCORE', 'LIMIT', 0, args[3])
  if rooms.err then
    -- What is no sorted set nobody can read: rooms come in again when they speak.
    redis.call('UNLINK', logs)
    return { 'ok', 0 }
  end
  ms = string.format('%.0f', ms)
  for i = 1, #rooms do
    local room, key = rooms[i], hash .. rooms[i]
    if not redis.call('ZSCORE', unstored, room) and look_at(key, room, unstored, ms) then
      redis.call('UNLINK', key .. ':recent')
      redis.call('ZREM', logs, room)
      -- So that the next message notes the room again.
      redis.pcall('HDEL', key, 'ready')
    else
      redis.call('ZADD', logs, ms, room)
    end
  end
  return { 'ok', #rooms }
end

-- log_adopt: takes over what a build before has left, whose logs had a copy of each envelope beside that of the room.
-- KEYS: 1 the old log  2 unstored  3 logs. Replies how many entries there were.
local function log_adopt(keys)
  local entries = redis.call('XRANGE', keys[1], '-', '+', 'COUNT', 1000)
  for i = 1, #entries do
    -- What the gateway writes before a user's text names the room.
    local room = string.match(table.concat(entries[i][2], ' '), '"room":"([^"]+)"')
    if room then redis.call('ZADD', keys[2], 'NX', string.match(entries[i][1], '^%d+'), room) end
  end
  if #entries > 0 then
    local last = entries[#entries][1]
    redis.call('XDEL', keys[1], last)
    redis.call('XTRIM', keys[1], 'MINID', last)
  else
    local is_former = redis.call('UNLINK', keys[1], keys[1] .. ':bytes') > 0
    -- Logs that had no time to live then either, as not all of them was stored.
    if is_former then redis.pcall('ZUNIONSTORE', keys[3], 2, keys[3], keys[2], 'AGGREGATE', 'MIN') end
  end
  return #entries
end

-- A Redis that is full gets room by what is stored and taken out: its memory must not keep that from being done.
local function register(name, callback)
  redis.register_function{ function_name = name, callback = callback, flags = { 'allow-oom' } }
end

register('log_lease', log_lease)
register('log_release', log_release)
register('instance_announce', instance_announce)
register('log_stored', log_stored)
register('log_sweep', log_sweep)
register('log_adopt', log_adopt)
