import Testing

@testable import Engine

struct FairPlacesTests {
    @Test func whoFindsNoPlaceWaitsForOne() {
        var began: [String] = []
        let places = FairPlaces<String>(2)
        for name in ["a1", "b1", "a2"] { places.enter(for: String(name.prefix(1))) { began.append(name) } }
        #expect(began == ["a1", "b1"])
        places.leave()
        #expect(began == ["a1", "b1", "a2"])
        places.leave()
        places.leave()
        places.enter(for: "c") { began.append("c1") }
        places.enter(for: "c") { began.append("c2") }
        #expect(began == ["a1", "b1", "a2", "c1", "c2"])
    }

    @Test func oneWhoWantsManyKeepsNobodyWaiting() {
        var began: [String] = []
        let places = FairPlaces<String>(1)
        for name in ["a1", "a2", "a3", "a4", "b1", "c1", "b2"] {
            places.enter(for: String(name.prefix(1))) { began.append(name) }
        }
        for _ in 0..<7 { places.leave() }
        #expect(began == ["a1", "a2", "b1", "c1", "a3", "b2", "a4"])
    }

    @Test func anyNumberMayLeaveAsSoonAsTheyAreCalled() {
        var began = 0
        let places = FairPlaces<Int>(1)
        places.enter(for: 0) {}
        for number in 1...10_000 {
            places.enter(for: number % 3) {
                began += 1
                places.leave()
            }
        }
        places.leave()
        #expect(began == 10_000)
    }

    @Test func whoIsNotWantedAnyMoreIsPassedOver() {
        var began: [String] = []
        var given: Set<String> = ["a1", "a2", "c1"]
        let places = FairPlaces<String>(1)
        places.enter(for: "z") {}
        for name in ["a1", "a2", "a3", "b1", "c1", "a4"] {
            places.enter(for: String(name.prefix(1)), while: { !given.contains(name) }) { began.append(name) }
        }
        places.leave()
        #expect(began == ["a3"])
        given.insert("a4")
        places.leave()
        #expect(began == ["a3", "b1"])
        places.leave()
        places.enter(for: "d") { began.append("d1") }
        #expect(began == ["a3", "b1", "d1"])
    }

    @Test func whoWaitsForMostGivesWay() {
        var (began, refused): ([String], [String]) = ([], [])
        let places = FairPlaces<String>(1, waiting: 2)
        places.enter(for: "z") {}
        for name in ["a1", "a2", "b1", "c1"] {
            places.enter(for: String(name.prefix(1)), refused: { refused.append(name) }) {
                began.append(name)
            }
        }
        #expect(refused == ["a2", "c1"])
        for _ in 0..<2 { places.leave() }
        #expect(began == ["a1", "b1"])
    }
}
