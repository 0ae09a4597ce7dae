import Testing

@testable import Hosting

private func file(_ text: String) -> ConfigurationFile {
    ConfigurationFile(parsing: text, path: "f", known: ["A", "B"])
}

@Suite struct ConfigurationFileTests {
    @Test(arguments: [
        ("", [:]),
        ("A=1\nB=2", ["A": "1", "B": "2"]),
        ("# A=1\n\n  A = 1  \r\nB=x=y#z\n", ["A": "1", "B": "x=y#z"]),
        (#"A=" a ""#, ["A": " a "]),
        ("A='a'\nB=\"", ["A": "a", "B": "\""]),
        ("A=1\nA=2", ["A": "2"]),
        ("A=", [:]),
    ])
    func linesBecomeValues(text: String, values: [String: String]) {
        #expect(file(text).values == values)
        #expect(file(text).problems.isEmpty)
    }

    @Test func aLineThatIsNoneAndAnUnknownKeyAreNamed() {
        #expect(
            file("A=1\nPORTT=secret\nwhat").problems == [
                #"f, line 2: unknown setting "PORTT""#, "f, line 3: expected KEY=VALUE",
            ])
    }

    @Test(arguments: ["1", "", " a ", "\"q\"", "'", "x=y"])
    func whatIsPrintedReadsBack(value: String) {
        let read = file(ConfigurationFile.line("A", value)).values["A"]
        #expect(read == (value.isEmpty ? nil : value))
    }
}
