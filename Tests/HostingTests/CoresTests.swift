import Testing

@testable import Hosting

@Suite struct CoresTests {
    @Test(arguments: [
        ("Name:\tx\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n", 2), ("Cpus_allowed:\tff,ffffffff\n", 40),
        ("Cpus_allowed:\t00000000\n", nil), ("Name:\tx\n", nil),
    ])
    func coresThatAProcessMayRunOn(status: String, count: Int?) {
        #expect(Cores.allowed(status: status) == count)
    }

    @Test(arguments: [
        ("max 100000\n", nil), ("200000 100000\n", 2), ("150000 100000\n", 2), ("10000 100000\n", 1),
        ("0 0", nil), ("", nil),
    ])
    func timeThatAControlGroupHas(text: String, count: Int?) {
        #expect(Cores.share(cpuMax: text) == count)
    }

    @Test func thereIsOneAtLeast() { #expect(Cores.available >= 1) }
}
