/// Why history should not be given work, beyond what its dependencies say themselves.
enum NotReady: Error, CustomStringConvertible {
    /// The schema has not been brought up to date yet.
    case migrating
    /// So many partitions have no owner that we know of: what is accepted there waits in its log.
    case orphans(Int)

    var description: String {
        switch self {
        case .migrating: "the schema is not up to date yet"
        case .orphans(let count): "\(count) partitions without an owner"
        }
    }
}
