import Schema
import Testing

@Suite struct PartitionTests {
    @Test(
        "The checksum is that of Redis Cluster",
        arguments: [("", 0), ("123456789", 0x31C3), ("foo", 0xAF96)])
    func checksum(text: String, expected: UInt16) {
        #expect(CRC16.checksum(text) == expected)
    }

    @Test("The tags are pinned: another tag would lose every room's keys")
    func tagsArePinned() {
        #expect(Partition.all.map(\.tag) == pinnedTags)
    }

    @Test("Each tag's slot lies in its own of 64 equal ranges", arguments: Partition.all)
    func slotsAreSpread(partition: Partition) {
        let slot = Int(CRC16.checksum(partition.tag)) % 16_384
        #expect(slot / 256 == partition.number)
    }

    @Test(
        "A room's partition is its checksum modulo 64",
        arguments: [("general", 61), ("random", 45), ("dm:alice_bob", 3)])
    func rooms(id: String, number: Int) throws {
        let room = try #require(RoomID(id))
        #expect(room.partition.number == number)
        #expect(room.partition == Partition(number))
    }

    @Test("There is no partition beyond the count", arguments: [-1, 64, Int.max])
    func outOfRange(number: Int) {
        #expect(Partition(number) == nil)
    }
}

private let pinnedTags = [
    "p68", "p60", "p73", "p100", "p51", "p59", "p131", "p42", "p11", "p19", "p171", "p179", "p28",
    "p20", "p3", "p140", "p69", "p61", "p72", "p101", "p50", "p58", "p130", "p43", "p10", "p18",
    "p170", "p178", "p29", "p21", "p2", "p141", "p111", "p62", "p71", "p79", "p53", "p120", "p48",
    "p40", "p13", "p160", "p173", "p322", "p151", "p22", "p1", "p9", "p110", "p63", "p70", "p78",
    "p52", "p121", "p49", "p41", "p12", "p161", "p172", "p323", "p150", "p23", "p0", "p8",
]
