extension Session {
    /// Whether nothing that it has sent is under way.
    var isSettled: Bool {
        sendLanes.isEmpty && roomLanes.isEmpty && questionsUnderWay == 0 && !hasUnheard
    }
}
