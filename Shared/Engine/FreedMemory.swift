internal import CLinux

/// What becomes of memory that was freed.
public enum FreedMemory {
    /// What a batch of thousands of messages takes, several times over.
    private static let most: Int32 = 64 << 20
    /// The largest piece that can be kept (`HEAP_MAX_SIZE / 2` of glibc).
    private static let largest: Int32 = 32 << 20

    /// Keeps it in the process, for what is asked for next: for who takes megabytes and gives them back, again and again.
    ///
    /// By default (mallopt(3)) large pieces are mappings of their own, or go back to the system when they are freed, and
    /// next time every page of them is missing. To be called once, before anything large is asked for.
    public static func keep() {
        _ = mallopt(M_MMAP_THRESHOLD, largest)
        _ = mallopt(M_TRIM_THRESHOLD, most)
    }
}
