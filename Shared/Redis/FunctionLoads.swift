/// Lets everybody who misses the same library share one load of it.
///
/// While a library is being loaded, later calls of its functions wait too: else they would overtake those that
/// wait for the load, and messages of one sender would change places. Each caller has a number, given when it
/// called, and goes on in that order.
struct FunctionLoads<Caller> {
    private var waiting: [String: [Int: Caller]] = [:]

    /// Whether the library is being loaded now.
    func isLoading(_ library: FunctionLibrary) -> Bool { waiting[library.name] != nil }

    /// A caller waits for a library; true where the load has to be started now.
    mutating func wait(for library: FunctionLibrary, number: Int, _ caller: Caller) -> Bool {
        defer { waiting[library.name, default: [:]][number] = caller }
        return !isLoading(library)
    }

    /// The load is over, well or not: the callers to tell, in the order in which they called.
    mutating func finish(_ library: FunctionLibrary) -> [Caller] {
        let callers = waiting.removeValue(forKey: library.name) ?? [:]
        return callers.sorted { $0.key < $1.key }.map(\.value)
    }
}
