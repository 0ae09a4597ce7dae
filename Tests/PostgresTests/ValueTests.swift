import Postgres
import Testing

/// What goes in comes out, through a real server.
struct ValueTests {
    static let awkward = [
        "", " ", "plain", "it's", "say \"hi\"", "back\\slash", "{brace}", "a,b", "NULL", "null", "\n\t\r",
        "ünïcødé 🎉 漢字",
        "\\x00", "\\\"", "'; DROP TABLE x; --", "$1",
    ]

    private func echo<T: Sendable>(
        _ type: String, _ value: PostgresValue, _ read: @escaping @Sendable (PostgresCell) throws -> T
    ) async throws -> T {
        try await withClient(poolSize: 1) { client, _ in
            try read(try await client.query("SELECT $1::\(type) AS v", [value])[0]["v"])
        }
    }

    @Test func texts() async throws {
        for type in ["text", "varchar"] {
            let seen = try await withClient { client, _ in
                var seen: [String] = []
                for text in Self.awkward {
                    seen.append(try await client.query("SELECT $1::\(type) AS v", [.text(text)])[0]["v"].text)
                }
                return seen
            }
            #expect(seen == Self.awkward)
        }
    }

    @Test(arguments: [0, 1, -1, Int64.max, .min]) func ints(_ number: Int64) async throws {
        #expect(try await echo("bigint", .int(number)) { try $0.int } == number)
    }

    @Test(arguments: [0, -1.5, 0.1, 1e300, 2.5e-308, .infinity, -.infinity]) func doubles(_ number: Double)
        async throws
    {
        #expect(try await echo("double precision", .double(number)) { try $0.double } == number)
    }

    @Test func notANumber() async throws {
        #expect(try await echo("double precision", .double(.nan)) { try $0.double }.isNaN)
    }

    @Test(arguments: [true, false]) func bools(_ bool: Bool) async throws {
        #expect(try await echo("boolean", .bool(bool)) { try $0.bool } == bool)
    }

    @Test func bytes() async throws {
        let all = (0...255).map { UInt8($0) }
        #expect(try await echo("bytea", .bytes(all)) { try $0.bytes } == all)
        #expect(try await echo("bytea", .bytes([])) { try $0.bytes } == [])
    }

    @Test func uuidsAndJSON() async throws {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057"
        #expect(try await echo("uuid", .uuid(id)) { try $0.text } == id)
        #expect(
            try await echo("jsonb", .json(#"{"a": [1, "\"ü"]}"#)) { try $0.text } == #"{"a": [1, "\"ü"]}"#)
    }

    @Test(arguments: [
        0, 1, -1, 1_700_000_000_123, -62_135_596_800_000, -62_135_596_800_001, 253_402_300_800_000,
    ])
    func timestamps(_ time: Int64) async throws {
        #expect(try await echo("timestamptz", .timestamp(milliseconds: time)) { try $0.milliseconds } == time)
        let epoch = try await withClient(poolSize: 1) { client, _ in
            let sql = "SELECT (extract(epoch FROM $1::timestamptz) * 1000)::bigint AS v"
            return try await client.query(sql, [.timestamp(milliseconds: time)])[0]["v"].int
        }
        #expect(epoch == time)
    }

    @Test func nulls() async throws {
        for type in ["text", "bigint", "bytea", "text[]", "timestamptz"] {
            #expect(try await echo(type, .null) { try $0.isNull })
            #expect(try await echo(type, nil) { try $0.present == nil })
        }
        await #expect(throws: PostgresError.decoding(column: "v")) {
            try await echo("text", .null) { try $0.text }
        }
    }

    @Test func textArrays() async throws {
        let texts: [String?] = Self.awkward.map { $0 } + [nil]
        #expect(try await echo("text[]", .textArray(texts)) { try $0.textArray } == texts)
        #expect(try await echo("text[]", .textArray([])) { try $0.textArray } == [])
        #expect(try await echo("text[]", .textArray([nil])) { try $0.textArray } == [nil])
    }

    @Test func otherArrays() async throws {
        let ints: [Int64?] = [0, -1, nil, .max, .min]
        #expect(try await echo("bigint[]", .intArray(ints)) { try $0.intArray } == ints)
        let bytes: [[UInt8]?] = [[], nil, [0, 34, 92, 255]]
        #expect(try await echo("bytea[]", .bytesArray(bytes)) { try $0.bytesArray } == bytes)
        let json: [String?] = [#"{"a": "b\\\"c"}"#, "null", nil]
        #expect(try await echo("jsonb[]", .textArray(json)) { try $0.textArray } == json)
        #expect(
            try await echo("boolean[]", .boolArray([true, nil, false])) { try $0.textArray } == [
                "t", nil, "f",
            ])
        let stamps = try await echo("timestamptz[]", .timestampArray([0, nil])) { try $0.textArray }
        #expect(stamps == ["1970-01-01 00:00:00+00", nil])
    }

    /// The server takes them for what they are, and gives them back as it writes them itself.
    @Test func binaryArrays() async throws {
        let texts: [String?] = Self.awkward.map { $0 } + [nil]
        let array = PostgresArray.texts(texts.count) { texts[$0] }
        #expect(try await echo("text[]", .array(array)) { try $0.textArray } == texts)
        let utf8 = PostgresArray.utf8(Self.awkward.count) { Array(Self.awkward[$0].utf8) }
        #expect(try await echo("text[]", .array(utf8)) { try $0.textArray } == Self.awkward)
        let ints: [Int64?] = [0, -1, nil, .max, .min]
        let bigints = PostgresArray.bigints(ints.count) { ints[$0] }
        #expect(try await echo("bigint[]", .array(bigints)) { try $0.intArray } == ints)
        let ids: [(high: UInt64, low: UInt64)?] = [(0x0189_0a5d_ac96_774b, 0xbcce_b302_099a_8057), nil]
        let uuids = PostgresArray.uuids(ids.count) { ids[$0] }
        #expect(
            try await echo("uuid[]", .array(uuids)) { try $0.textArray } == [
                "01890a5d-ac96-774b-bcce-b302099a8057", nil,
            ])
        let times: [Int64?] = [0, nil, -1, 1_700_000_000_123, 946_684_800_000]
        let stamps = PostgresArray.timestamps(times.count) { times[$0] }
        #expect(
            try await echo("timestamptz[]", .array(stamps)) { try $0.textArray } == [
                "1970-01-01 00:00:00+00", nil, "1969-12-31 23:59:59.999+00", "2023-11-14 22:13:20.123+00",
                "2000-01-01 00:00:00+00",
            ])
        #expect(try await echo("text[]", .array(.texts(0) { _ in nil })) { try $0.textArray } == [])
    }

    /// It is the server that finds out: nothing is cut short, and no time becomes another.
    @Test func whatNoColumnCanHoldIsRefused() async throws {
        for (type, array) in [
            ("text[]", PostgresArray.texts(1) { _ in "a\0b" }), ("text[]", .utf8(1) { _ in [0x61, 0xFF] }),
            ("timestamptz[]", .timestamps(1) { _ in .max }), ("timestamptz[]", .timestamps(1) { _ in .min }),
            ("uuid[]", .texts(1) { _ in "01890a5d-ac96-774b-bcce-b302099a8057" }),
        ] {
            await #expect(throws: PostgresError.self) {
                try await echo(type, .array(array)) { try $0.textArray }
            }
        }
    }

    /// One statement per batch, as the writer of history does it.
    @Test func batchesThroughUnnest() async throws {
        let rows = try await withClient(poolSize: 1) { client, _ in
            try await client.query("CREATE TEMP TABLE batch (id uuid, seq bigint, body jsonb, raw bytea)")
            let count: Int64 = 500
            let inserted = try await client.query(
                "INSERT INTO batch SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::jsonb[], $4::bytea[])",
                [
                    .textArray((0..<count).map { _ in "01890a5d-ac96-774b-bcce-b302099a8057" }),
                    .intArray((0..<count).map { $0 }),
                    .textArray((0..<count).map { #"{"text":"\#($0) \"quoted\" \\ "}"# }),
                    .bytesArray((0..<count).map { [UInt8(truncatingIfNeeded: $0)] }),
                ])
            #expect(inserted.affected == 500)
            return try await client.query("SELECT body->>'text' AS t, raw FROM batch ORDER BY seq").map {
                (try $0["t"].text, try $0["raw"].bytes)
            }
        }
        #expect(rows.count == 500)
        #expect(rows.last?.0 == #"499 "quoted" \ "#)
        #expect(rows.last?.1 == [243])
    }

    @Test func readingATypeThatItIsNotThrows() async throws {
        let error = PostgresError.decoding(column: "v")
        await #expect(throws: error) { try await echo("text", "x") { try $0.int } }
        await #expect(throws: error) { try await echo("text", "x") { try $0.bool } }
        await #expect(throws: error) { try await echo("text", "x") { try $0.bytes } }
        await #expect(throws: error) { try await echo("text", "x") { try $0.textArray } }
        await #expect(throws: error) { try await echo("text", "infinity") { try $0.milliseconds } }
    }

    @Test func missingColumnsThrowWithoutATrap() async throws {
        let (named, numbered) = try await withClient { client, _ in
            let row = try await client.query("SELECT 1 AS one")[0]
            return (
                await failure { _ = try row["two"].present }, await failure { _ = try row[7].int }
            )
        }
        #expect(named == .decoding(column: "two"))
        #expect(numbered == .decoding(column: "#7"))
    }
}
