#!lua name=parley_archive_1

-- The way from a partition's log into the archive. Each call compares the lease with the caller's token first: an owner
-- that was away too long changes nothing any more.

local DEAD_KEPT = 10000
-- No fewer than a batch has entries: when a room is said to be stored so far, all its dead letters are noted.
local DEAD_NOTED = 1000
local MOST = 2 ^ 53 -- beyond, not all whole numbers are there

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
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  redis.call('ZREMRANGEBYSCORE', keys[1], '-inf', string.format('%.0f', now))
  if args[2] == '0' then
    redis.call('ZREM', keys[1], args[1])
  else
    -- Nobody can be there for longer than that (twice, as clocks are corrected a little): what says so is from before
    -- the clock was set back, or from no instance.
    redis.call('ZREMRANGEBYSCORE', keys[1], string.format('(%.0f', now + 2 * tonumber(args[2])), '+inf')
    redis.call('ZADD', keys[1], string.format('%.0f', now + tonumber(args[2])), args[1])
    redis.call('PEXPIRE', keys[1], args[2])
  end
  local rank = 0
  local instances = redis.call('ZRANGE', keys[1], 0, -1)
  for i = 1, #instances do
    if instances[i] < args[1] then rank = rank + 1 end
  end
  return { #instances, rank }
end

-- The envelope among an entry's fields; `room_accept` puts it first.
local function envelope_of(entry)
  for i = 1, #entry, 2 do
    if entry[i] == 'e' then return entry[i + 1] end
  end
  return ''
end

-- Lays an entry of the log where people look for what the archive could not take.
local function bury(dead, log, entry, reason, detail)
  local found = redis.call('XRANGE', log, entry, entry)[1]
  local envelope = found and envelope_of(found[2]) or ''
  redis.call('XADD', dead, 'MAXLEN', '~', DEAD_KEPT, '*', 'e', envelope, 'id', entry, 'reason', reason, 'detail',
    detail)
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

-- Moves how far a room is stored, and with it what must stay in its recent stream.
local function move(key, recent, text, keep, seconds)
  local f = fields(key, 'stored', 'seq')
  local before, newest = whole(f[1]) or 0, whole(f[2]) or 0
  -- No message of the room is further than that, whatever an entry of the log says.
  local seq = text == f[2] and newest or math.min(tonumber(text), newest)
  if seq <= before then return end
  -- Mostly it is the newest, which was accepted then.
  if seq < newest then newest = newest_accepted(key, newest) end
  -- Where all is stored the two are equal, also in an epoch that has nothing yet: so whoever adds to recent sees that it
  -- may be about to expire.
  redis.call('HSET', key, 'stored', seq >= newest and f[2] or string.format('%.0f', seq))
  -- `room_accept` trims too: what it had to leave there for the archive is the rest.
  if newest - before > keep then
    redis.pcall('XTRIM', recent, 'MAXLEN', '~', string.format('%.0f', math.max(keep, newest - seq)))
  end
  if seq >= newest then redis.call('EXPIRE', recent, seconds) end
end

-- log_stored: what is committed. Lays dead letters aside, takes the entries out of the log, moves each room's `stored`,
-- tells those who wait. The entries are the oldest ones: all up to the last of them.
-- KEYS: 1 lease  2 log  3 log bytes  4 channel `stored`  5 dead letters  6… room hashes, each followed by its recent
-- stream  then for each dead letter its room's hash
-- ARGV: 1 owner's token  2 last of the entries  3 bytes of the entries  4 seconds for which recent outlives its last
-- message  5 seqs kept in recent  6 number of rooms  7 number of dead letters  then for each room: room, epoch, seq
-- then for each dead letter: entry id, reason, detail, `epoch:seq` or ''
-- Replies {'lost'} or {'ok', number taken out, number of entries left}: of those that came meanwhile nobody is told.
local function log_stored(keys, args)
  if redis.call('GET', keys[1]) ~= args[1] then return { 'lost' } end
  local log, last, keep, rooms, letters = keys[2], args[2], tonumber(args[5]), tonumber(args[6]), tonumber(args[7])
  local dead = {}
  for i = 1, letters do
    local at = 4 + rooms * 3 + i * 4
    local key, position = keys[5 + rooms * 2 + i], args[at + 3]
    bury(keys[5], log, args[at], args[at + 1], args[at + 2])
    if position ~= '' then
      dead[key] = dead[key] or {}
      table.insert(dead[key], position)
    end
  end
  for key, positions in pairs(dead) do note_dead(key, positions) end
  local told = {}
  for i = 1, rooms do
    local at = 5 + i * 3
    move(keys[4 + 2 * i], keys[5 + 2 * i], args[at + 2], keep, args[4])
    told[i] = args[at] .. ' ' .. args[at + 1] .. ' ' .. args[at + 2]
  end
  -- Where the last is not there, Redis has gone back, and what is before it may be new: that will be taken again.
  local removed = redis.call('XDEL', log, last)
  if removed > 0 then removed = removed + redis.call('XTRIM', log, 'MINID', last) end
  local left = redis.call('XLEN', log)
  if left == 0 then
    redis.call('SET', keys[3], '0')
  elseif removed > 0 then
    redis.call('DECRBY', keys[3], args[3])
  end
  if rooms > 0 then redis.call('SPUBLISH', keys[4], table.concat(told, '\n')) end
  return { 'ok', removed, left }
end

-- A Redis that is full gets room by what is stored and taken out: its memory must not keep that from being done.
local function register(name, callback)
  redis.register_function{ function_name = name, callback = callback, flags = { 'allow-oom' } }
end

register('log_lease', log_lease)
register('log_release', log_release)
register('instance_announce', instance_announce)
register('log_stored', log_stored)
