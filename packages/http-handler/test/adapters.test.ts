// The same behaviour through every framework, in the versions people run now.

import { setups } from './setups.ts';
import { describeAdapter } from './suite.ts';

for (const setup of setups) describeAdapter(setup);
