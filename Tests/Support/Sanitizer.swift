internal import Glibc

/// What a sanitizer changes about a process.
public enum Sanitizer {
    /// Whether memory is handed out by a sanitizer, and not by the C library.
    public static let hasOwnMemory =
        dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil
}
