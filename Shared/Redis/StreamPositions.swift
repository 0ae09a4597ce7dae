/// Where a reader stands in each of its streams.
struct StreamPositions {
    private var places: [Place] = []

    private struct Place {
        let stream: String
        var id: String
    }

    /// The streams, in the order in which they were added.
    var streams: [String] { places.map(\.stream) }

    /// Whether there is nothing to read.
    var isEmpty: Bool { places.isEmpty }

    /// A stream that is to be read from its end, wherever that is: `$` is resolved to an id once, since entries
    /// added between two reads from `$` would be lost.
    var unresolved: String? { places.first { $0.id == "$" }?.stream }

    /// The position; settable, nil takes the stream away.
    subscript(stream: String) -> String? {
        get { places.first { $0.stream == stream }?.id }
        set {
            let index = places.firstIndex { $0.stream == stream }
            switch (index, newValue) {
            case (let index?, let id?): places[index].id = id
            case (let index?, nil): places.remove(at: index)
            case (nil, let id?): places.append(Place(stream: stream, id: id))
            case (nil, nil): return
            }
        }
    }

    /// The read of all streams.
    func command(block: Int, count: Int) -> [RedisArgument] {
        ["XREAD", "COUNT", RedisArgument(count), "BLOCK", RedisArgument(block), "STREAMS"]
            + places.map { .text($0.stream) } + places.map { .text($0.id) }
    }
}
