package jobs

import (
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// recurring gives periodic jobs to River, whose leader enqueues them. A job whose
// like still waits or runs is not enqueued, so that a queue that stands still gathers
// none.
func recurring(jobs []Periodic) []*river.PeriodicJob {
	live := river.UniqueOpts{ByArgs: true, ByQueue: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}}
	all := make([]*river.PeriodicJob, 0, len(jobs))
	for _, p := range jobs {
		args := task{JobKind: p.Job.Kind, Subject: p.Job.Subject}
		all = append(all, river.NewPeriodicJob(river.PeriodicInterval(p.Every), func() (river.JobArgs, *river.InsertOpts) {
			return args, &river.InsertOpts{Queue: promptQueue, UniqueOpts: live}
		}, &river.PeriodicJobOpts{RunOnStart: true}))
	}
	return all
}
