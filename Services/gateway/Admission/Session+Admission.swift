import Bus
import Engine
import Schema

/// Who it is: from its first credentials until it is welcome, and when it shows newer ones.
extension Session {
    /// Begins; `credentials` are judged at once where they can be.
    func begin(_ credentials: Credentials) {
        deadline = shard.loop.schedule(afterMilliseconds: shard.config.authenticationSeconds * 1000) {
            [self] in
            switch state.phase {
            case .judging: close(.internalError)
            case .anonymous:
                shard.metrics.met(.authenticationTime)
                close(.tokenMissing)
            case .known, .closed: break
            }
        }
        switch credentials {
        case .none: break
        case .malformed: close(.tokenInvalid)
        case .token(let token): judge(token)
        case .ticket(let ticket):
            shard.loop.spawn { self.act(on: await self.shard.authority.redeem(ticket: ticket)) }
        }
    }

    func endDeadline() {
        deadline?.cancel()
        deadline = nil
    }

    /// Lets in who shows a good token; keys that cannot be had yet are waited for as long as the deadline allows.
    func judge(_ token: String, replyTo: ReplyID? = nil) {
        guard isOpen else { return }
        let verdict = shard.authority.identity(of: token)
        guard case .failure(.unavailable) = verdict else { return act(on: verdict, replyTo: replyTo) }
        state.judging()
        shard.loop.schedule(afterMilliseconds: 100) { [self] in judge(token, replyTo: replyTo) }
    }

    private func act(on verdict: Result<Identity, AuthenticationFailure>, replyTo: ReplyID? = nil) {
        guard isOpen else { return }
        switch verdict {
        case .success(let identity): admit(identity, replyTo: replyTo)
        case .failure(let failure): close(failure.closeReason)
        }
    }

    /// Lets it in, once auth knows of it, as what it asks first may need its account, and its rooms are known.
    func admit(_ identity: Identity, replyTo: ReplyID? = nil) {
        endDeadline()
        state.judging()
        shard.isKnown(self)
        shard.loop.spawn {
            if self.shard.isStranger(identity) { await self.shard.introduce(identity) }
            self.early = EarlyStanding(of: identity, in: self.arrival, self.shard)
            let rooms = await self.shard.sessionRooms.rooms(of: identity)
            guard self.isOpen else { return }
            // Nobody could tell a connection without a name that its token had been revoked meanwhile.
            if let objection = self.shard.authority.objection(to: identity) {
                return self.close(objection.closeReason)
            }
            self.welcome(identity, rooms, replyTo: replyTo)
        }
    }

    private func welcome(_ identity: Identity, _ rooms: [RoomID], replyTo: ReplyID?) {
        state.known(identity, at: WallClock.milliseconds())
        left = LeftRooms(since: shard.sender.redisTime &- DirectInbox.clockMilliseconds)
        guard shard.admitted(self, identity) else { return }
        let config = shard.config
        let connected = Connected(
            connectionID: id, name: identity.name, gateway: config.id, serverTime: WallClock.milliseconds(),
            heartbeatSeconds: config.heartbeatSeconds, tokenExpiresAt: identity.expires * 1000,
            limits: shard.limits(for: identity), rooms: rooms)
        send(connected, replyTo: replyTo, user: identity.user)
        for notice in shard.degradation.notices { send(notice) }
        checkToken()
        enterDefaultRoom()
        rejoin(rooms)
        arrival = nil
        carryOutWaiting()
    }

    private func enterDefaultRoom() {
        switch arrival?.room {
        case nil: break
        case .impossible: close(.roomDenied)
        case .invalid(let room, let field): fail(.invalidField, field: field, replyTo: nil, room: room)
        case .join(let join):
            inTurn(join.room, replyTo: nil) { await self.join(join, replyTo: nil, closesWhenDenied: true) }
        }
    }

    /// Takes a newer token of the same user, and ends the rooms that it does not open.
    func renew(_ identity: Identity) {
        let isOtherSession = identity.sessionID != state.identity?.sessionID
        state.known(identity, at: WallClock.milliseconds())
        for room in Array(joined) + Array(uninvited) where !identity.mayEnter(room) {
            unfollow(room)
            evicted(from: room, .removed)
        }
        if isOtherSession { keepRooms(joined) }
    }
}
