/// How far a schema is on its way to what this version needs; thrown, it says why there is no work to be given yet.
///
/// `compose/local` knows by these words that a start takes as long as it takes.
public enum SchemaProgress: Error, Equatable, CustomStringConvertible {
    /// It is looked what is missing, after others who may be at it.
    case looking
    /// A step is being done, of so many that there are.
    case applying(number: Int, of: Int, name: String)

    /// As operators read it.
    public var description: String {
        switch self {
        case .looking: "bringing the schema up to date"
        case .applying(let number, let last, let name):
            "bringing the schema up to date, step \(number) of \(last): \(name)"
        }
    }
}
