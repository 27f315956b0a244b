/**
 * Reasons of NetworkingReady=False that only this operator writes. They come before those of
 * `SeiNodeDeploymentReasons`: while one of them holds, what is published is not all that was asked for.
 */
export const NetworkingProblems = {
  /** A name that the group needs belongs to somebody else's object. */
  nameConflict: "NameConflict",
  /** An object of that name is being deleted. It is made again once it is gone. */
  waitingForDeletion: "WaitingForDeletion",
  /** The API server does not take an object of the group as it is. */
  objectRejected: "ObjectRejected",
} as const;
export type NetworkingProblem = (typeof NetworkingProblems)[keyof typeof NetworkingProblems];
