package pluginhost

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Config is how a host runs its connectors. Dir is required; every other field
// has a default.
type Config struct {
	// Dir holds the private copies of connectors. It is made with mode 0700.
	Dir string
	// SocketDir holds the sockets; it must have a short path and belong to the
	// hub's user alone. The default lies in the system's folder for temporary files.
	SocketDir string
	Logger    hclog.Logger
	// LogLevel is the least level that connectors log, by default that of Logger.
	LogLevel hclog.Level
	// Env names the variables of the hub's environment that connectors may see.
	// The default is DefaultEnv.
	Env []string
	// PlainText lists connectors, by id, that are run as Source.PlainText says.
	PlainText []string
	// AllowAttach lets processes be attached that somebody else has started. It is
	// for development alone: they are neither checked nor watched over.
	AllowAttach bool
	// StartTimeout is how long a connector may take to become ready.
	StartTimeout time.Duration
	// DescribeTimeout is how long a connector may take to say what it is.
	DescribeTimeout time.Duration
	// CallTimeout ends calls that have no deadline of their own.
	CallTimeout time.Duration
	// KillTimeout is how long a connector may take to end before it is forced to.
	KillTimeout time.Duration
	Restart     Restart
	// Memory is how many bytes a connector may use together with its children: 512 MiB
	// if 0, without limit if negative. MemoryOf replaces it by the connector's id.
	//
	// The runtimes of Go and Node are told to stay well below. What a process and its
	// children have in memory is looked at four times a second, and they are ended when it
	// is more (Linux only). The kernel limits each process to somewhat more than twice as
	// much (RLIMIT_DATA), for what grows faster than that. A cgroup would be exact, but a
	// hub that does not run as root has none that it may divide, unless its administrator
	// delegates one and moves it into a leaf; this works wherever the hub does.
	Memory   int64
	MemoryOf map[string]int64
}

// Restart is when a connector that has exited may start again.
type Restart struct {
	// First is the pause after the first exit; each further one doubles it, up to
	// Most. A connector that has run for Window starts at First again.
	First, Most time.Duration
	// More than Budget exits within Window put the connector in quarantine.
	Budget int
	Window time.Duration
}

// DefaultEnv lists what connectors need of the environment: where programs and
// temporary files are, the zone, the way out and whom to trust there.
func DefaultEnv() []string {
	return []string{
		"PATH", "HOME", "TMPDIR", "TZ", "LANG",
		"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
		"SSL_CERT_FILE", "SSL_CERT_DIR",
	}
}

var errNoDir = errors.New("configuring the connector host: a folder for connectors is required")

func (c Config) withDefaults() (Config, error) {
	if c.Dir == "" {
		return c, errNoDir
	}
	abs, err := filepath.Abs(c.Dir)
	if err != nil {
		return c, fmt.Errorf("configuring the connector host: %w", err)
	}
	c.Dir = abs
	if c.SocketDir == "" {
		c.SocketDir = filepath.Join(os.TempDir(), fmt.Sprintf("kvitt-%d", os.Getuid()))
	}
	if c.Logger == nil {
		c.Logger = hclog.NewNullLogger()
	}
	if c.LogLevel == hclog.NoLevel {
		c.LogLevel = c.Logger.GetLevel()
	}
	if c.Env == nil {
		c.Env = DefaultEnv()
	}
	orDefault(&c.StartTimeout, 15*time.Second)
	orDefault(&c.DescribeTimeout, 10*time.Second)
	orDefault(&c.CallTimeout, 2*time.Minute)
	orDefault(&c.KillTimeout, 5*time.Second)
	orDefault(&c.Memory, defaultMemory)
	orDefault(&c.Restart.First, 250*time.Millisecond)
	orDefault(&c.Restart.Most, time.Minute)
	orDefault(&c.Restart.Window, 10*time.Minute)
	orDefault(&c.Restart.Budget, 10)
	return c, nil
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Source is where a connector comes from and how it is run.
type Source struct {
	// Path of the executable.
	Path string
	// SHA256 in lower-case hex pins the executable; empty takes any.
	SHA256 string
	// PlainText switches mutual TLS off, for languages whose TLS cannot handle
	// go-plugin's P-521 certificates. The folder of the sockets, open to the hub's
	// user alone, is then the only barrier, as it is the real one in any case.
	PlainText bool
	// Env is set for this connector beside what the host lets through.
	Env map[string]string
}
