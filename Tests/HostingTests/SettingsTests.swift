import Testing

@testable import Hosting

/// Settings over one layer of values and a made-up file system.
private func settings(_ values: [String: String], files: [String: String] = [:]) -> Settings {
    Settings(
        sources: Sources(layers: [.init(origin: "environment", values: values)], readFile: { files[$0] }))
}

private enum Algorithm: String, CaseIterable {
    case eddsa = "EdDSA"
    case hs256 = "HS256"
}

/// An expectation whose left side changes the reader, which the macro cannot do.
private func same<Value: Equatable>(
    _ value: Value, _ expected: Value, at place: SourceLocation = #_sourceLocation
) {
    #expect(value == expected, sourceLocation: place)
}

@Suite struct SettingsTests {
    @Test func whatIsNotSetHasItsDefault() {
        var reader = settings([:])
        same(reader.string("A", default: "a", help: ""), "a")
        same(reader.optionalString("B", help: ""), nil)
        same(reader.int("C", default: 3, in: 1...5, help: ""), 3)
        same(reader.bool("D", default: true, help: ""), true)
        same(reader.choice("E", default: Algorithm.eddsa, help: ""), .eddsa)
        same(reader.list("F", default: ["x", "y"], help: ""), ["x", "y"])
        same(reader.secret("G", help: ""), nil)
        #expect(reader.problems.isEmpty)
        #expect(reader.printed.map(\.value) == ["a", "", "3", "on", "EdDSA", "x,y", ""])
    }

    @Test func whatIsSetIsParsed() {
        let values = [
            "A": "b", "C": "5", "D": "off", "E": "HS256", "F": " p, q ,,r", "G": "s3cret", "H": "64KiB",
            "I": "30",
        ]
        var reader = settings(values)
        same(reader.string("A", default: "a", help: ""), "b")
        same(reader.int("C", default: 3, in: 1...5, help: ""), 5)
        same(reader.bool("D", default: true, help: ""), false)
        same(reader.choice("E", default: Algorithm.eddsa, help: ""), .hs256)
        same(reader.list("F", help: ""), ["p", "q", "r"])
        same(reader.secret("G", help: "")?.value, "s3cret")
        same(reader.bytes("H", default: 1, in: 1...1_000_000, help: ""), 65_536)
        same(reader.seconds("I", default: 1, help: ""), 30)
        #expect(reader.problems.isEmpty)
    }

    @Test(arguments: [
        ("0", #"PORT: "0" is not a whole number from 1 to 65535 (environment)"#),
        ("8080x", #"PORT: "8080x" is not a whole number from 1 to 65535 (environment)"#),
        (
            "99999999999999999999",
            #"PORT: "99999999999999999999" is not a whole number from 1 to 65535 (environment)"#
        ),
        ("8\n0", "PORT: \"8\u{FFFD}0\" is not a whole number from 1 to 65535 (environment)"),
    ])
    func aBadNumberIsOneLineWithItsNameAndValue(text: String, problem: String) {
        var reader = settings(["PORT": text])
        same(reader.int("PORT", default: 8080, in: 1...65_535, help: ""), 8080)
        #expect(reader.problems == [problem])
    }

    @Test func whatIsWrongAlreadyIsNotRejectedOnceMore() {
        var reader = settings(["S": "short"])
        same(reader.secret("S", minimumBytes: 32, help: ""), nil)
        reader.reject("S", because: "is needed")
        #expect(reader.problems == ["S: has 5 bytes, needs 32 or more (environment)"])
    }

    @Test func aSwitchTakesWhatItsHelpSays() {
        var reader = settings([:])
        _ = reader.bool("S", default: true, help: "")
        #expect(reader.declared.map(\.values) == ["on or off, true or false, yes or no, 1 or 0"])
        for pair in (reader.declared.first?.values ?? "").split(separator: ", ") {
            let words = pair.split(separator: " or ").map { String($0) }
            for (word, value) in zip(words, [true, false]) {
                for written in [word, word.uppercased()] {
                    var reader = settings(["S": written])
                    same(reader.bool("S", default: !value, help: ""), value)
                    #expect(reader.problems.isEmpty)
                }
            }
        }
    }

    @Test func allProblemsAreReportedTogether() {
        var reader = settings(["A": "x", "B": "maybe", "C": "RS256", "D": "5TiB"])
        _ = reader.int("A", default: 1, in: 1...9, help: "")
        _ = reader.bool("B", default: true, help: "")
        _ = reader.choice("C", default: Algorithm.eddsa, help: "")
        _ = reader.bytes("D", default: 1, in: 1...10, help: "")
        reader.reject("E", because: "must be set with HS256")
        #expect(
            reader.problems == [
                #"A: "x" is not a whole number from 1 to 9 (environment)"#,
                #"B: "maybe" is neither on nor off (environment)"#,
                #"C: "RS256" is none of: EdDSA, HS256 (environment)"#,
                #"D: "5TiB" is not a number of bytes from 1 to 10 (environment)"#,
                "E: must be set with HS256",
            ])
    }

    private func address(_ reader: inout Settings) -> String {
        reader.parsed("U", default: "x:", isURL: true, expects: "a Redis URL", help: "") {
            $0 == "x:" ? $0 : nil
        }
    }

    @Test func aSecretShowsNeitherInProblemsNorInPrint() {
        var reader = settings(["S": "hunter2", "U": "postgres://u:hunter2@h/db"])
        same(reader.secret("S", minimumBytes: 32, help: ""), nil)
        _ = address(&reader)
        #expect(
            reader.problems == [
                "S: has 7 bytes, needs 32 or more (environment)",
                #"U: "postgres://u:********@h/db" is not a Redis URL (environment)"#,
            ])
        #expect(reader.printed.map(\.value) == ["********", "postgres://u:********@h/db"])
    }

    @Test(arguments: ["redis://hunter2@h:1", "u:hunter2@h", "host=h password=hunter2"])
    func whatWasMeantOtherwiseShowsNoPasswordEither(url: String) {
        var reader = settings(["U": url])
        _ = address(&reader)
        let problem = reader.problems.first ?? ""
        #expect(problem.hasPrefix("U: ") && !problem.contains("hunter2"))
    }

    @Test func aSecretMayStandInAFile() {
        var reader = settings(
            ["S_FILE": "/run/s", "U_FILE": "/run/u"], files: ["/run/s": "abc", "/run/u": "redis://h"])
        same(reader.secret("S", help: "")?.value, "abc")
        same(reader.parsed("U", default: "", isURL: true, expects: "", help: "") { $0 }, "redis://h")
        #expect(reader.problems.isEmpty)
    }

    @Test func aFileThatCannotBeReadOrCompetesIsAProblem() {
        var reader = settings(["S_FILE": "/none", "T": "a", "T_FILE": "/t"], files: ["/t": "b"])
        _ = reader.secret("S", help: "")
        _ = reader.secret("T", help: "")
        #expect(
            reader.problems == [
                #"S: cannot read S_FILE "/none""#, "T: T_FILE is set as well (environment); set one of them",
            ])
    }

    @Test func onlyWhatMayHoldAPasswordIsReadFromAFile() {
        var reader = settings(["PORT_FILE": "/port"], files: ["/port": "1"])
        same(reader.int("PORT", default: 8080, in: 1...9999, help: ""), 8080)
    }

    @Test func declaringTwiceListsOnce() {
        var reader = settings(["PORT": "x"])
        _ = reader.int("PORT", default: 1, in: 1...9, help: "")
        _ = reader.int("PORT", default: 1, in: 1...9, help: "")
        #expect(reader.declared.count == 1)
        #expect(reader.problems.count == 1)
    }

    @Test(arguments: [
        ("10", 10), ("1KiB", 1024), ("2MiB", 2_097_152), ("1GiB", 1_073_741_824), ("KiB", nil),
        ("1 KiB", nil),
        ("9223372036854775807KiB", nil), ("1kb", nil), ("", nil),
    ])
    func bytesMayHaveABinaryUnit(text: String, count: Int?) {
        #expect(ByteCount.parse(text) == count)
    }
}
