import Redis
import Schema

/// How far what each user is told has been heard, and whose streams are to be read for what was not.
///
/// Pure. While a stream is to be read, what is heard is left to it: all comes in one order, so that a room is followed
/// from its first message on.
struct DirectHearing {
    /// A reading of a user's stream that is due.
    struct Reading {
        let user: UserHandle
        let after: StreamID
        fileprivate let visit: Int
    }

    private struct Standing {
        /// Tells a user who has come back from who had gone.
        let visit: Int
        /// The entry that was heard or read last.
        var last: StreamID
        /// After this one all up to `last` was read; its notices may come on the channel still.
        var readAfter: StreamID
        var phase = Phase.hearing

        func hasRead(_ entry: StreamID) -> Bool { readAfter < entry && entry <= last }
    }

    private enum Phase: Equatable {
        /// Before the channel is confirmed, and when the stream has been read since.
        case hearing
        case due
        /// `isDueAgain`: there may be more by now than is found.
        case reading(isDueAgain: Bool)
    }

    private var standings: [UserHandle: Standing] = [:]
    /// Who is due, in order; some may be gone.
    private var queue: ArraySlice<Due> = []
    private var visits = 0
    private var underWay = 0

    private struct Due {
        let user: UserHandle
        let visit: Int
    }

    /// How many streams are read at a time: when the bus is back, all of them are due.
    static let mostUnderWay = 64

    /// How many wait for their turn, those included who are gone.
    var waitingCount: Int { queue.count }

    /// The user is here from now on; what was told up to `last` was before their time.
    mutating func begin(_ user: UserHandle, after last: StreamID) {
        visits &+= 1
        standings[user] = Standing(visit: visits, last: last, readAfter: last)
    }

    /// The user has gone.
    mutating func end(_ user: UserHandle) { standings[user] = nil }

    /// The user's channel is heard from now on: what was told before stands in the stream.
    mutating func confirmed(_ user: UserHandle) {
        guard let standing = standings[user] else { return }
        switch standing.phase {
        case .hearing:
            // What an earlier subscription had to tell comes no more.
            standings[user]?.readAfter = standing.last
            makeDue(user)
        case .reading: standings[user]?.phase = .reading(isDueAgain: true)
        case .due: break
        }
    }

    /// A notice came on the user's channel; says whether it is to be acted upon now.
    mutating func heard(_ user: UserHandle, _ entry: StreamID) -> Bool {
        guard let standing = standings[user], !standing.hasRead(entry) else { return false }
        if standing.phase == .hearing {
            standings[user]?.last = entry
            standings[user]?.readAfter = entry
            return true
        }
        // Redis' clock may have gone back, or our idea of it be wrong: no reading would find this one.
        guard entry > standing.last else { return true }
        if standing.phase != .due { standings[user]?.phase = .reading(isDueAgain: true) }
        return false
    }

    /// The next to be read, nil where nobody is due or enough are being read.
    mutating func next() -> Reading? {
        while underWay < Self.mostUnderWay, let due = queue.popFirst() {
            if queue.isEmpty { queue = [] }  // begins again at the front of its storage
            guard let standing = standings[due.user], standing.visit == due.visit else { continue }
            standings[due.user]?.phase = .reading(isDueAgain: false)
            underWay += 1
            return Reading(user: due.user, after: standing.last, visit: standing.visit)
        }
        return nil
    }

    /// The stream has been read up to `last`, nil where nothing was found; says whether the user is still here.
    mutating func read(_ reading: Reading, upTo last: StreamID?, isAll: Bool) -> Bool {
        underWay -= 1
        guard let standing = standings[reading.user], standing.visit == reading.visit else { return false }
        if let last { standings[reading.user]?.last = last }
        standings[reading.user]?.phase = .hearing
        if !isAll || standing.phase == .reading(isDueAgain: true) { makeDue(reading.user) }
        return true
    }

    /// The stream could not be read: it is due again, after all others.
    mutating func failed(_ reading: Reading) {
        _ = read(reading, upTo: nil, isAll: false)
    }

    private mutating func makeDue(_ user: UserHandle) {
        guard let visit = standings[user]?.visit else { return }
        standings[user]?.phase = .due
        // While nothing can be read, people may come and go for long.
        if queue.count > 2 * standings.count {
            let standings = standings
            queue.removeAll { standings[$0.user]?.visit != $0.visit }
        }
        queue.append(Due(user: user, visit: visit))
    }
}
