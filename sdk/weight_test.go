package sdk_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// linked lists the packages that come with some packages.
func linked(t *testing.T, patterns ...string) []string {
	t.Helper()
	out, err := exec.CommandContext(context.Background(), "go", append([]string{"list", "-deps"}, patterns...)...).Output()
	require.NoError(t, err)
	packages := strings.Fields(string(out))
	require.Greater(t, len(packages), 100)
	return packages
}

// below gives the packages that are one of the named or lie below one of them. Of
// database/sql only the package itself counts: decimals bring its interfaces.
func below(packages []string, prefixes ...string) []string {
	var found []string
	for _, p := range packages {
		for _, prefix := range prefixes {
			if p == prefix || strings.HasPrefix(p, prefix+"/") && prefix != "database/sql" {
				found = append(found, p)
			}
		}
	}
	return found
}

// What a third party imports must not bring the hub with it.
func TestTheSDKBringsNoHub(t *testing.T) {
	t.Parallel()
	require.Empty(t, below(linked(t, "./..."),
		"github.com/gin-gonic/gin", "go.uber.org/fx", "go.uber.org/dig", "github.com/riverqueue",
		"database/sql", "modernc.org/sqlite", "github.com/jackc/pgx",
		"github.com/kvitt/kvitt/adapters", "github.com/kvitt/kvitt/plugins", "github.com/kvitt/kvitt/server",
		"github.com/kvitt/kvitt/core/flow",
	))
}

// What tests alone need must not be in a connector.
func TestAConnectorContainsNoKitForTests(t *testing.T) {
	t.Parallel()
	require.Empty(t, below(linked(t, "../plugins/klarna", "../plugins/fortnox"),
		"net/http/httptest", "gopkg.in/dnaeon/go-vcr.v4", "go.yaml.in/yaml",
		"github.com/kvitt/kvitt/sdk/cassette", "github.com/kvitt/kvitt/sdk/clock", "github.com/kvitt/kvitt/sdk/simulator",
		"github.com/kvitt/kvitt/sdk/wire/wiretest",
	))
}
