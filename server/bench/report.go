package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// table writes columns of numbers, right-aligned under their heads.
func table(out io.Writer, title string, rows [][]string) error {
	fmt.Fprintf(out, "\n%s\n\n", title)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t")+"\t")
	}
	return w.Flush()
}

func reportMatching(out io.Writer) {
	const lines = 200_000
	took := measureMatching(lines)
	fmt.Fprintf(out, "\nMatching alone, in memory: %s lines/s\n", perSecond(lines, took))
}

func reportVolumes(out io.Writer, all []volume) error {
	stages := [][]string{{"lines", "mirror/s", "read/s", "plan/s", "allocs/line", "total", "lines/s", "hub peak"}}
	raw := [][]string{{"lines", "rows", "raw insert", "rows/s", "lines/s", "end to end ÷ raw"}}
	for _, v := range all {
		stages = append(stages, []string{
			grouped(int64(v.Lines)), perSecond(v.Lines, v.Mirroring), perSecond(v.Lines, v.Reading), perSecond(v.Lines, v.Planning),
			strconv.FormatUint(v.Allocations/uint64(v.Lines), 10), //nolint:gosec // above 0
			seconds(v.total()), perSecond(v.Lines, v.total()), strconv.FormatInt(v.PeakKiB>>10, 10) + " MiB",
		})
		raw = append(raw, []string{
			grouped(int64(v.Lines)), grouped(v.Rows), seconds(v.Raw), perSecond(int(v.Rows), v.Raw), perSecond(v.Lines, v.Raw),
			fmt.Sprintf("%.2f", v.Raw.Seconds()/v.total().Seconds()),
		})
	}
	if err := table(out, "From the connector to the stored plan", stages); err != nil {
		return err
	}
	if err := table(out, "The same rows inserted into an empty database", raw); err != nil {
		return err
	}
	if last := len(all) - 1; last > 0 {
		fmt.Fprintf(out, "\nLines/s at %s are %.2f of those at %s.\n", grouped(int64(all[last].Lines)),
			rate(all[last].Lines, all[last].total())/rate(all[0].Lines, all[0].total()), grouped(int64(all[0].Lines)))
	}
	return nil
}

func reportLimit(out io.Writer, l limited) error {
	return table(out, "Booked in the Fortnox simulator, "+latency.String()+" late with every answer", [][]string{
		{"lines", "calls", "refused", "wall", "limit alone", "wall ÷ limit", "calls/line", "least possible"},
		{
			grouped(int64(l.Lines)), grouped(int64(l.Calls)), strconv.Itoa(l.Refused), seconds(l.Wall), seconds(l.alone()),
			fmt.Sprintf("%.3f", l.Wall.Seconds()/l.alone().Seconds()),
			fmt.Sprintf("%.3f", float64(l.Calls)/float64(l.Lines)), fmt.Sprintf("%.3f", float64(l.Least)/float64(l.Lines)),
		},
	})
}

func rate(items int, took time.Duration) float64 { return float64(items) / took.Seconds() }

func perSecond(items int, took time.Duration) string { return grouped(int64(rate(items, took))) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// grouped writes 1234567 as "1 234 567".
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + " " + digits[at:]
	}
	return digits
}

func reportRegistrations(out io.Writer, all []registered) error {
	rows := [][]string{{"events", "orders", "vouchers", "total", "events/s", "allocs/event", "hub peak"}}
	for _, r := range all {
		rows = append(rows, []string{
			grouped(int64(r.Events)), grouped(int64(r.Orders)), grouped(int64(r.Vouchers)), seconds(r.Took), perSecond(r.Events, r.Took),
			strconv.FormatUint(r.Allocations/uint64(r.Events), 10), strconv.FormatInt(r.PeakKiB>>10, 10) + " MiB", //nolint:gosec // above 0
		})
	}
	return table(out, "A web shop's events, from the registration to the planned vouchers", rows)
}

func reportBorders(out io.Writer, all []started, ways []crossed) error {
	rows := [][]string{{"connector", "TLS", "start to ready", "RSS", "PSS"}}
	for _, s := range all {
		tls := "yes"
		if s.PlainText {
			tls = "no"
		}
		rows = append(rows, []string{s.Connector, tls, milliseconds(s.Ready), mebibytes(s.RSS), mebibytes(s.PSS)})
	}
	if err := table(out, "Connectors as processes, idle", rows); err != nil {
		return err
	}
	rows = [][]string{{"way", "call", "p99", "lines", "pages/s", "lines/s", "RSS", "PSS"}}
	for _, c := range ways {
		rows = append(rows, []string{
			c.Way, milliseconds(c.Median), milliseconds(c.P99), grouped(int64(c.Lines)), perSecond(c.Pages, c.Took), perSecond(c.Lines, c.Took),
			mebibytes(c.RSS), mebibytes(c.PSS),
		})
	}
	return table(out, "Across the border to a connector, and the same calls in process", rows)
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.3g ms", float64(d.Microseconds())/1000)
}

func mebibytes(kib int64) string {
	if kib == 0 {
		return "-"
	}
	return strconv.FormatInt(kib>>10, 10) + " MiB"
}
