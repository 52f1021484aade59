package report

// highest is the highest level there is.
const highest = 4

// New makes a report of the cases of all levels up to tested.
func New(connector Connector, claimed, tested int, cases []Case) Report {
	return Report{
		Schema: Schema, Suite: Suite, Connector: connector,
		Claimed: claimed, Tested: tested, Reached: reached(tested, cases), Cases: cases,
	}
}

// reached is the highest level up to which every case has passed or is not
// applicable.
func reached(tested int, cases []Case) int {
	level := min(tested, highest)
	for _, c := range cases {
		if c.State == Failed || c.State == NotRun {
			level = min(level, c.Level-1)
		}
	}
	return level
}

// Passes tells whether the level that was tested is reached.
func (r Report) Passes() bool { return r.Reached >= r.Tested }
