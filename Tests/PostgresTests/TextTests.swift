import Testing

@testable import Postgres

struct TextTests {
    @Test(arguments: [Int64.min, .max, 0, -1, 86_399_999, -86_400_001]) func timestampsNeverTrap(
        _ time: Int64
    ) {
        _ = TimestampText.encode(milliseconds: time)
    }

    @Test func timestampsReadAsTheServerWritesThem() {
        #expect(TimestampText.encode(milliseconds: 951_782_400_005) == "2000-02-29 00:00:00.005+00")
        #expect(TimestampText.decode("2000-02-29 00:00:00.005+00") == 951_782_400_005)
        #expect(TimestampText.decode("2000-02-29 00:00:00.0059+00") == 951_782_400_005)
        #expect(TimestampText.decode("0001-01-01 00:00:00+00 BC") == -62_167_219_200_000)
        #expect(TimestampText.encode(milliseconds: -62_167_219_200_000) == "0001-01-01 00:00:00.000+00 BC")
    }

    @Test(arguments: [
        "", "infinity", "2000-01-01", "2000-01-01 00:00:00", "2000-01-01 00:00:00+01",
        "2000-13-01 00:00:00+00",
        "99999999999999999999-01-01 00:00:00+00", "2000-01-01 00:00:00.+00", "2000-01-01 24:00:00+00", " BC",
        "BC",
        "2000-01-01 00:00:00.1234567+00", "2000-01- 00:00:00+00", "-1-1-1 0:0:0+00",
    ])
    func otherTimestampsAreRefused(_ text: String) {
        #expect(TimestampText.decode(text) == nil)
    }

    @Test(arguments: ["", "00", "\\x0", "\\xg0", "x00"]) func otherByteasAreRefused(_ text: String) {
        #expect(ByteaText.decode(text.utf8) == nil)
    }
}
