package sdk

import (
	"io"

	"github.com/hashicorp/go-hclog"
)

// FilterHandshake is what stands between a connector and standard output.
func FilterHandshake(in io.Reader, out io.Writer, log hclog.Logger) { filterHandshake(in, out, log) }
