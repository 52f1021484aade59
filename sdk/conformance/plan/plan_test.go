package plan_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/conformance/plan"
)

const least = `{"level": 2, "simulator": {"world": "world.json"}, "credentials": {"key": "k"}}`

func TestAWrongPlanNamesTheField(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ plan, field string }{
		"not JSON":                      {`{"level":`, ""},
		"a list":                        {`[]`, ""},
		"no level":                      {`{"simulator": {"world": "w"}, "credentials": {}}`, "level"},
		"no world":                      {`{"level": 1, "simulator": {}, "credentials": {}}`, "simulator.world"},
		"a level there is not":          {`{"level": 5, "simulator": {"world": "w"}, "credentials": {}}`, "level"},
		"an unknown field":              {`{"level": 1, "simulator": {"world": "w"}, "credentials": {}, "speed": 1}`, "speed"},
		"an unknown field inside":       {`{"level": 1, "simulator": {"world": "w", "port": 1}, "credentials": {}}`, "simulator.port"},
		"a credential that is a number": {`{"level": 1, "simulator": {"world": "w"}, "credentials": {"key": 7}}`, "credentials.key"},
		"an empty refusal":              {`{"level": 1, "simulator": {"world": "w"}, "credentials": {}, "refused": [{}]}`, "refused[0]"},
		"a date that is none":           {`{"level": 1, "simulator": {"world": "w"}, "credentials": {}, "today": "2026-02-30"}`, "today"},
		"writing without an account":    {`{"level": 3, "simulator": {"world": "w"}, "credentials": {}, "writing": {"series": "K"}}`, "writing.account"},
		"no order to read":              {`{"level": 1, "simulator": {"world": "w"}, "credentials": {}, "purchases": {"ids": []}}`, "purchases.ids"},
		"orders without ids":            {`{"level": 1, "simulator": {"world": "w"}, "credentials": {}, "purchases": {"withheld": ["x"]}}`, "purchases.ids"},
		"a country that is none":        {`{"level": 3, "simulator": {"world": "w"}, "credentials": {}, "writing": {"account": "1", "country": "Sweden"}}`, "writing.country"},
		"a state path outside":          {`{"level": 1, "simulator": {"world": "w", "state": "/3/vouchers"}, "credentials": {}}`, "simulator.state"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := plan.Parse([]byte(test.plan))
			require.Equal(t, plan.CodeInvalid, fault.CodeOf(err), "%v", err)
			require.Equal(t, test.field, fault.Of(err).Field)
			require.NotEmpty(t, fault.Of(err).Remedy)
		})
	}
}

// write makes a folder with a plan and its world and gives the plan's path.
func write(t *testing.T, planned, world string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "conformance.json"), []byte(planned), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "world.json"), []byte(world), 0o600))
	return filepath.Join(dir, "conformance.json")
}

func TestThePlanIsCompletedByItsWorld(t *testing.T) {
	t.Parallel()
	p, err := plan.Read(write(t, `{"level": 3, "simulator": {"world": "world.json", "command": ["./simulator", "-v"]},
		"credentials": {"key": "k"}, "writing": {"account": "1686"}}`, `{"now": "2026-04-20T23:30:00Z", "oak": {}}`))
	require.NoError(t, err)
	require.True(t, filepath.IsAbs(p.Simulator.World))
	require.True(t, filepath.IsAbs(p.Simulator.Command[0]), "a path is relative to the plan")
	require.Equal(t, "-v", p.Simulator.Command[1])
	world, err := p.World("oak")
	require.NoError(t, err)
	require.Equal(t, "2026-04-20T23:30:00Z", world.Now.Format("2006-01-02T15:04:05Z07:00"))
	require.Equal(t, civil.Date{Year: 2026, Month: 4, Day: 20}, p.Today)
	require.Equal(t, civil.Date{Year: 2025, Month: 4, Day: 20}, p.Since)
	require.Equal(t, p.Today, p.Writing.Date)
	require.Equal(t, "SEK", p.Writing.Currency)
	require.Equal(t, "25", p.Writing.VATRate)
	require.Equal(t, "SE", p.Writing.Country)
	require.JSONEq(t, `{}`, string(p.Settings))
}

func TestTheWorldIsChangedAsThePlanSays(t *testing.T) {
	t.Parallel()
	p, err := plan.Read(write(t, `{"level": 1, "today": "2026-04-20", "credentials": {},
		"simulator": {"world": "world.json", "section": "oak", "set": {"limit": {"requests": -1}, "noise": null, "list": [1]}}}`,
		`{"oak": {"limit": {"requests": 25, "window": 5}, "noise": true, "amount": 12345678901234567890, "list": [3, 4]}, "elm": {}}`))
	require.NoError(t, err)
	world, err := p.World("acorn")
	require.NoError(t, err)
	require.JSONEq(t, `{"limit": {"requests": -1, "window": 5}, "amount": 12345678901234567890, "list": [1]}`, string(world.Section))
	require.Contains(t, string(world.Section), "12345678901234567890", "numbers keep their digits")
	var whole map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(world.File, &whole))
	require.JSONEq(t, string(world.Section), string(whole["oak"]))
	require.Equal(t, 8, world.Now.Hour(), "without a now of its own the world begins on the morning of today")
}

func TestAWorldThatCannotBeUsedIsSaid(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ plan, world, field string }{
		"there is none":        {`{"level": 1, "simulator": {"world": "elsewhere.json"}, "credentials": {}}`, `{}`, "simulator.world"},
		"it is not JSON":       {least, `{`, "simulator.world"},
		"it lacks the section": {least, `{"now": "2026-04-20T08:00:00Z"}`, "simulator.section"},
		"its now is none":      {least, `{"now": "soon", "oak": {}}`, "simulator.world"},
		"nothing says today":   {least, `{"oak": {}}`, "today"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := plan.Read(write(t, test.plan, test.world))
			require.NoError(t, err)
			_, err = p.World("oak")
			require.NotNil(t, fault.Of(err), "%v", err)
			require.Equal(t, test.field, fault.Of(err).Field)
		})
	}
}

func TestAPlanThatIsNotThereIsSaid(t *testing.T) {
	t.Parallel()
	_, err := plan.Read(filepath.Join(t.TempDir(), "conformance.json"))
	require.Equal(t, plan.CodeUnreadable, fault.CodeOf(err))
}

func FuzzPlansAreReadOrRefused(f *testing.F) {
	f.Add([]byte(least))
	f.Add([]byte(`{"level": 1, "simulator": {"world": "w"}, "credentials": {}, "today": "2026-02-30"}`))
	f.Add([]byte(`{"$schema": 1}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		p, err := plan.Parse(content)
		if err != nil {
			require.Equal(t, plan.CodeInvalid, fault.CodeOf(err))
			return
		}
		require.GreaterOrEqual(t, p.Level, 1)
		require.LessOrEqual(t, p.Level, 4)
		require.NotEmpty(t, p.Simulator.World)
		require.NotEmpty(t, p.Settings)
	})
}
