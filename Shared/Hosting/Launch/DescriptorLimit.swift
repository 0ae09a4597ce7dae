import Glibc

/// How many file descriptors the process may have open.
enum DescriptorLimit {
    /// Raises it as far as the system allows: the usual soft limit of 1,024 is for programs that use `select`.
    static func raise() {
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(kind, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        // Where it is refused, what there is has to do; the metric parley_process_max_fds tells.
        setrlimit(kind, &limit)
    }
}
