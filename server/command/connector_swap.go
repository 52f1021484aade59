package command

import (
	"fmt"
	"io"
	"math"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/server/client"
)

// swapping is what `kvitt connector swap` was told.
type swapping struct {
	asking

	reason       string
	connections  []string
	live, accept bool
	drain, watch time.Duration
	detach       bool
}

func newConnectorSwap(s streams) *cobra.Command {
	var p swapping
	cmd := &cobra.Command{
		Use:   "swap <connector> <version>",
		Short: "Put a version in the place of the one that serves, and follow it",
		Long: "The version is started beside the one that serves, checked with every connection, and reads recent payouts again; only then\n" +
			"connections are handed over, lane by lane, each between two calls. No flow is stopped. While it is watched the hub goes back by\n" +
			"itself if the version crashes, fails its checks or fails too many calls. The command fails if the version does not serve in the\n" +
			"end. Ctrl-C ends the following, not the swap.",
		Example: `  kvitt connector swap klarna 1.4.2 --reason "fees of 1.4.1 are wrong"
  kvitt connector swap klarna 1.4.2 --connection connection-8a2f60c1d3e45b97 --watch 24h --reason canary`,
		Args: exactArgs(2),
		RunE: asks(&p.asking, func(cmd *cobra.Command, hub *client.Client, args []string) error {
			var swap api.Swap
			if err := hub.Post(cmd.Context(), connectorPath(args[0])+"/swaps", p.input(args[1]), &swap); err != nil {
				return err
			}
			if p.detach {
				return begun(s.out, swap, p.json)
			}
			return follow(cmd.Context(), s.out, hub, swap, p.json, api.SwapStateDone)
		}),
	}
	p.flags(cmd)
	reasonFlag(cmd, &p.reason)
	cmd.Flags().StringArrayVar(&p.connections, "connection", nil, "pin this connection alone to the version, as a canary; may be repeated")
	cmd.Flags().BoolVar(&p.live, "live", false, "also read the payouts of the comparison from the provider")
	cmd.Flags().BoolVar(&p.accept, "accept-differences", false, "go on though booked lines are read otherwise")
	cmd.Flags().DurationVar(&p.drain, "drain", 0, "how long calls under way are waited for (default 2m)")
	cmd.Flags().DurationVar(&p.watch, "watch", 0, "how long the version is watched (default 10m)")
	cmd.Flags().BoolVar(&p.detach, "detach", false, "do not follow the swap")
	return cmd
}

func (p *swapping) input(version string) api.SwapInput {
	return api.SwapInput{
		To: version, Reason: p.reason, Connections: p.connections, Live: p.live, AcceptDifferences: p.accept,
		DrainSeconds: wholeSeconds(p.drain), WatchSeconds: wholeSeconds(p.watch),
	}
}

// wholeSeconds rounds up, so that a short time does not become the default.
func wholeSeconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

func begun(out io.Writer, swap api.Swap, asJSON bool) error {
	if asJSON {
		return printJSON(out, swap)
	}
	fmt.Fprintf(out, "%s goes on by itself: kvitt connector swaps %s\n", title(swap), swap.Connector)
	return nil
}

func newConnectorUndo(s streams) *cobra.Command {
	var a asking
	var reason string
	var detach bool
	cmd := &cobra.Command{
		Use:   "undo <connector>",
		Short: "Go back to the version before, and follow it",
		Long: "A swap that is under way is cancelled; otherwise the version before the last swap takes over by the same act, but for the\n" +
			"comparison. It is followed until that version serves; the hub goes on watching it.",
		Args: exactArgs(1),
		RunE: asks(&a, func(cmd *cobra.Command, hub *client.Client, args []string) error {
			var swap api.Swap
			if err := hub.Post(cmd.Context(), connectorPath(args[0])+"/undo", api.ReasonInput{Reason: reason}, &swap); err != nil {
				return err
			}
			if detach {
				return begun(s.out, swap, a.json)
			}
			if !swap.Undo {
				return follow(cmd.Context(), s.out, hub, swap, a.json, api.SwapStateCancelled)
			}
			return follow(cmd.Context(), s.out, hub, swap, a.json, api.SwapStateWatching, api.SwapStateDone)
		}),
	}
	a.flags(cmd)
	reasonFlag(cmd, &reason)
	cmd.Flags().BoolVar(&detach, "detach", false, "do not follow it")
	return cmd
}

func newConnectorCancel(s streams) *cobra.Command {
	var a asking
	var reason string
	cmd := &cobra.Command{
		Use:   "cancel <swap>",
		Short: "End a swap that is under way; lanes that have moved go back",
		Args:  exactArgs(1),
		RunE: asks(&a, func(cmd *cobra.Command, hub *client.Client, args []string) error {
			var swap api.Swap
			if err := hub.Post(cmd.Context(), swapPath(args[0])+"/cancel", api.ReasonInput{Reason: reason}, &swap); err != nil {
				return err
			}
			return follow(cmd.Context(), s.out, hub, swap, a.json, api.SwapStateCancelled)
		}),
	}
	a.flags(cmd)
	reasonFlag(cmd, &reason)
	return cmd
}

func swapPath(id string) string { return "/v1/swaps/" + url.PathEscape(id) }

func newConnectorSwaps(s streams) *cobra.Command {
	var a asking
	cmd := &cobra.Command{
		Use:   "swaps <connector>",
		Short: "List the swaps of a connector, newest first",
		Args:  exactArgs(1),
		RunE: asks(&a, func(cmd *cobra.Command, hub *client.Client, args []string) error {
			swaps, err := client.List[api.Swap](cmd.Context(), hub, connectorPath(args[0])+"/swaps")
			if err != nil {
				return err
			}
			if a.json {
				return printJSON(s.out, api.SwapPage{Items: append([]api.Swap{}, swaps...)})
			}
			return showSwaps(s.out, swaps)
		}),
	}
	a.flags(cmd)
	return cmd
}

func showSwaps(out io.Writer, swaps []api.Swap) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SWAP\tSTARTED\tFROM\tTO\tWHOM\tSTATE\tLANES\tBY\tREASON")
	for _, swap := range swaps {
		whom := "all"
		if n := len(swap.Connections); n > 0 {
			whom = fmt.Sprintf("%d connection(s)", n)
		}
		reason := swap.Reason
		if swap.Fault != nil {
			reason += " – " + swap.Fault.Code + ": " + swap.Fault.Reason
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d/%d\t%s\t%s\n", swap.ID, clocked(swap.StartedAt), swap.From, swap.To, whom, swap.State,
			swap.Moved, swap.Lanes, swap.By, oneLine(reason))
	}
	return w.Flush()
}
