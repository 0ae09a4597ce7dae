/// Lets everybody who misses the same library share one load of it.
struct FunctionLoads<Caller> {
    private var waiting: [String: [Caller]] = [:]

    /// A caller waits for a library; true where the load has to be started now.
    mutating func wait(for library: FunctionLibrary, _ caller: Caller) -> Bool {
        defer { waiting[library.name, default: []].append(caller) }
        return waiting[library.name] == nil
    }

    /// The load is over, well or not: the callers to tell, in the order in which they came.
    mutating func finish(_ library: FunctionLibrary) -> [Caller] {
        waiting.removeValue(forKey: library.name) ?? []
    }
}
