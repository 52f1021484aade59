package sdk

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"regexp"

	"github.com/hashicorp/go-hclog"
)

// StrayPrint is the message of the log entry that stands for a line which a connector
// printed to standard output; its field "text" is the line.
const StrayPrint = "connector printed to standard output"

// handshakeLine is the end of the line that go-plugin prints once: core version,
// protocol version, network, address, protocol, certificate.
const handshakeLine = `\d+\|\d+\|(?:unix|tcp)\|[^|]+\|grpc\|[^|]*(?:\|(?:true|false))?$`

// guardStdout lets nothing but the handshake reach standard output, where the
// hub waits for it: a stray Print would otherwise make the connector unstartable.
// What else is printed becomes a log entry.
func guardStdout(log hclog.Logger) {
	out := os.Stdout
	reader, writer, err := os.Pipe()
	if err != nil {
		log.Warn("standard output is not guarded", "error", err)
		return
	}
	os.Stdout = writer
	go filterHandshake(reader, out, log)
}

func filterHandshake(in io.Reader, out io.Writer, log hclog.Logger) {
	handshake := regexp.MustCompile(handshakeLine)
	const longest = 64 << 10
	lines := bufio.NewReaderSize(in, longest)
	for {
		line, _, err := lines.ReadLine()
		if err != nil {
			return
		}
		at := handshake.FindIndex(line)
		if at == nil {
			log.Warn(StrayPrint, "text", string(line))
			continue
		}
		if at[0] > 0 {
			log.Warn(StrayPrint, "text", string(line[:at[0]]))
		}
		// Without its reader the hub is gone, and the watchdog ends the process.
		_, _ = fmt.Fprintf(out, "%s\n", line[at[0]:])
	}
}
